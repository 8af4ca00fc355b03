/** From the categories of a banner to our purposes: for CMP cookies and for consent objects in bodies. */
import { type Purpose, type PurposeSet, purposeBit, purposesIn } from '../consent/state.ts';
import { OPTIONAL_SET } from './plain-reading.ts';
import type { Vote } from './signal.ts';

/** A choice as a banner recorded it. */
export interface CategoryChoice {
  /** Category, group or service → accepted. */
  readonly categories: ReadonlyMap<string, boolean>;
  /** Whether a category that is not named was refused. */
  readonly isComplete: boolean;
}

/** Names that banners give their categories, in lower case; with them OneTrust's `C0002`, Didomi's purposes and well-known services. */
const COMMON_NAMES: Readonly<Record<Purpose, readonly string[]>> = {
  necessary: [
    'necessary',
    'essential',
    'strictly_necessary',
    'strictly-necessary',
    'required',
    'security',
    'security_storage',
    'c0001',
  ],
  functional: [
    'functional',
    'functionality',
    'functionality_storage',
    'preferences',
    'preference',
    'convenience',
    'cookies',
    'c0003',
  ],
  analytics: [
    ...['analytics', 'analytical', 'analytics_storage', 'statistics', 'statistical', 'statistics-anonymous', 'performance'],
    ...['measurement', 'measure_content_performance', 'market_research', 'improve_products'],
    ...[
      'google-analytics',
      'googleanalytics',
      'gtag',
      'ga4',
      'analyticsjs',
      'matomo',
      'matomocloud',
      'piwik',
      'plausible',
      'snowplow',
    ],
    ...['hotjar', 'clarity', 'microsoft-clarity', 'c0002'],
  ],
  personalization: [
    ...['personalization', 'personalisation', 'personalization_storage', 'experience', 'content_personalization'],
    ...['create_content_profile', 'select_personalized_content', 'use_limited_data_to_select_content'],
  ],
  advertising: [
    ...['advertising', 'advertisement', 'ads', 'ad_storage', 'ad_user_data', 'ad_personalization', 'marketing', 'targeting'],
    ...[
      'retargeting',
      'social',
      'social_media',
      'sale_of_data',
      'advertising_personalization',
      'ad_delivery',
      'select_basic_ads',
    ],
    ...['create_ads_profile', 'select_personalized_ads', 'measure_ad_performance'],
    ...['google-ads', 'googleads', 'googleadwordsremarketing', 'gcmadstorage', 'facebook-pixel', 'facebookpixel', 'meta-pixel'],
    ...['tiktok', 'tiktok-pixel', 'linkedininsighttag', 'bingads', 'pinterest', 'criteo'],
    ...['c0004', 'c0005', 'stack42', 'v2stack42'],
  ],
};

const COMMON: ReadonlyMap<string, Purpose> = new Map(
  (Object.entries(COMMON_NAMES) as [Purpose, readonly string[]][]).flatMap(([purpose, names]) =>
    names.map((name) => [name, purpose]),
  ),
);

function findPurpose(category: string, site: ReadonlyMap<string, Purpose>): Purpose | undefined {
  return site.get(category) ?? COMMON.get(category.toLowerCase());
}

/**
 * The vote of a choice. A purpose with several categories is granted where all of them are accepted, and denied by one
 * that is refused. A choice without any optional category accepted is a refusal of everything. Categories that nobody
 * mapped say nothing, except that the person did accept something.
 */
export function voteOfChoice(choice: CategoryChoice, site: ReadonlyMap<string, Purpose>): Vote {
  let accepted: PurposeSet = 0;
  let refused: PurposeSet = 0;
  let hasUnmappedYes = false;
  for (const [category, isAccepted] of choice.categories) {
    const purpose = findPurpose(category, site);
    if (purpose === undefined) hasUnmappedYes ||= isAccepted;
    else if (isAccepted) accepted |= purposeBit(purpose);
    else refused |= purposeBit(purpose);
  }
  const isRefusal = (accepted & OPTIONAL_SET) === 0 && !hasUnmappedYes;
  const isExhaustive = choice.isComplete && !hasUnmappedYes;
  if (isRefusal && (choice.isComplete || choice.categories.size > 0)) refused = OPTIONAL_SET;
  else if (isExhaustive) refused |= OPTIONAL_SET & ~accepted;
  return { grants: accepted & ~refused & OPTIONAL_SET, denies: refused & OPTIONAL_SET, unreadable: 0 };
}

/** A vote as a class of value: which purposes were accepted and which refused. */
export function describeChoice(vote: Vote): string {
  const parts = [
    vote.grants === 0 ? '' : `accepted ${purposesIn(vote.grants).join(' ')}`,
    vote.denies === 0 ? '' : `refused ${purposesIn(vote.denies).join(' ')}`,
  ].filter((part) => part !== '');
  return parts.join(', ') || 'no mapped category';
}
