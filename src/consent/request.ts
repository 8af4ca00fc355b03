/** What a banner posted, read and checked: which purposes are granted, which refused, and what was shown. */
import { recognizeBanner } from './intake/recognize.ts';
import type { Told } from './intake/told.ts';
import { isPurpose, NO_PURPOSES, OPTIONAL_PURPOSES, type Purpose, type PurposeSet, purposeBit, purposeSet } from './state.ts';

const BANNER_ACTIONS = ['accept_all', 'reject_all', 'save', 'withdraw', 'dismiss'] as const;
export type BannerAction = (typeof BANNER_ACTIONS)[number];

export interface ConsentRequest {
  readonly action: BannerAction;
  readonly grants: PurposeSet;
  readonly refusals: PurposeSet;
  readonly notice: { readonly version: string; readonly language: string | null } | null;
  readonly tcString: string | null;
  readonly gppString: string | null;
}

/** A notice as the configuration registers it: what a banner of this version showed. */
export interface RegisteredNotice {
  readonly hash: string;
  readonly purposes: readonly Purpose[];
  readonly recipients: readonly string[];
}

export interface RequestVocabulary {
  /** A banner's category or service → purpose. */
  readonly categories: Readonly<Record<string, Purpose>>;
  readonly notices: Readonly<Record<string, RegisteredNotice>>;
}

/** `detail` is for the developer of a banner and repeats nothing that was sent. */
export type RequestReading =
  | { readonly ok: true; readonly request: ConsentRequest }
  | { readonly ok: false; readonly detail: string };

const ALL_OPTIONAL = purposeSet(OPTIONAL_PURPOSES);
const NOTICE_VERSION = /^[\w.:+/-]{1,64}$/;
const LANGUAGE = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/;
const CONSENT_STRING = /^[\w.~+/=-]{1,8192}$/;

/** `now` in milliseconds since the epoch: some banners say themselves how long a yes holds. */
export function readConsentRequest(body: unknown, vocabulary: RequestVocabulary, now: number): RequestReading {
  if (!isObject(body)) return refuse('the body has to be a JSON object with `purposes`, `action` or both');
  const told = isObject(body.purposes) ? null : recognizeBanner(body, new Map(Object.entries(vocabulary.categories)), now);
  if (told !== null) return readTold(told, body.notice);
  const action = body.action ?? (body.purposes === undefined ? undefined : 'save');
  if (!isBannerAction(action)) return refuse(`\`action\` has to be one of ${BANNER_ACTIONS.join(', ')}`);
  const named = readPurposes(body.purposes ?? {}, vocabulary.categories);
  if (typeof named === 'string') return refuse(named);
  const notice = readNotice(body.notice);
  if (notice === 'unreadable')
    return refuse('`notice` has to be an object with a `version` of at most 64 letters, digits and .:+/-_');
  const { tcString = null, gppString = null } = body;
  if (!isConsentString(tcString) || !isConsentString(gppString))
    return refuse('`tcString` and `gppString` have to be consent strings');
  const shown = notice === null ? undefined : ownValue(vocabulary.notices, notice.version);
  const decided = applyAction(action, named, shown === undefined ? ALL_OPTIONAL : purposeSet(shown.purposes) & ALL_OPTIONAL);
  if (typeof decided === 'string') return refuse(decided);
  return { ok: true, request: { action, ...decided, notice, tcString, gppString } };
}

/** What a known banner said. The page may say beside it which notice it showed; else the banner's own words for version and language count where they have the form of ours. */
function readTold(
  { decided, action, language, version, tcString = null, gppString = null }: Told,
  shown: unknown,
): RequestReading {
  const own = version === undefined || version === null ? null : { version, language: language ?? null };
  const notice = readNotice(shown ?? own);
  const strings = {
    tcString: isConsentString(tcString) ? tcString : null,
    gppString: isConsentString(gppString) ? gppString : null,
    notice: notice === 'unreadable' ? null : notice,
  };
  if (decided === null)
    return { ok: true, request: { action: 'dismiss', grants: NO_PURPOSES, refusals: NO_PURPOSES, ...strings } };
  const { grants, refusals } = decided;
  if (grants === NO_PURPOSES && refusals === NO_PURPOSES)
    return refuse('no category of this banner stands for a purpose; map them under consent.categories');
  return { ok: true, request: { action, grants, refusals, ...strings } };
}

interface Decided {
  readonly grants: PurposeSet;
  readonly refusals: PurposeSet;
}

/** A yes reaches no further than what was named or shown; a no that says "all" means all. */
function applyAction(action: BannerAction, named: Decided, shown: PurposeSet): Decided | string {
  const { grants, refusals } = named;
  switch (action) {
    case 'accept_all':
      if (refusals !== NO_PURPOSES) return '`accept_all` contradicts a purpose that is false';
      return { grants: grants === NO_PURPOSES ? shown : grants, refusals: NO_PURPOSES };
    case 'reject_all':
      if (grants !== NO_PURPOSES) return '`reject_all` contradicts a purpose that is true';
      return { grants: NO_PURPOSES, refusals: ALL_OPTIONAL };
    case 'withdraw':
      if (grants !== NO_PURPOSES) return '`withdraw` contradicts a purpose that is true';
      return { grants: NO_PURPOSES, refusals: refusals === NO_PURPOSES ? ALL_OPTIONAL : refusals };
    case 'save':
      if (grants === NO_PURPOSES && refusals === NO_PURPOSES) return '`save` needs at least one purpose besides `necessary`';
      return named;
    case 'dismiss':
      if (grants !== NO_PURPOSES) return '`dismiss` contradicts a purpose that is true: closing a banner grants nothing';
      return named;
  }
}

/** Several categories may stand for one purpose: it is granted only where all of them are. */
function readPurposes(value: unknown, categories: Readonly<Record<string, Purpose>>): Decided | string {
  if (!isObject(value)) return '`purposes` has to be an object of purposes and booleans';
  let yes = NO_PURPOSES;
  let no = NO_PURPOSES;
  for (const [name, given] of Object.entries(value)) {
    const purpose = isPurpose(name) ? name : ownValue(categories, name);
    if (purpose === undefined)
      return `\`purposes\` knows ${[...OPTIONAL_PURPOSES, ...Object.keys(categories)].join(', ')} and nothing else`;
    const isYes = given === true || given === 'granted';
    if (!isYes && given !== false && given !== 'denied' && given !== 'withdrawn') return '`purposes` has to hold true or false';
    if (purpose === 'necessary') {
      if (!isYes) return '`necessary` cannot be refused; leave it out';
      continue;
    }
    if (isYes) yes |= purposeBit(purpose);
    else no |= purposeBit(purpose);
  }
  return { grants: yes & ~no, refusals: no };
}

function readNotice(value: unknown): ConsentRequest['notice'] | 'unreadable' {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return 'unreadable';
  const { version, language = null } = value;
  if (typeof version !== 'string' || !NOTICE_VERSION.test(version)) return 'unreadable';
  if (language !== null && (typeof language !== 'string' || !LANGUAGE.test(language))) return 'unreadable';
  return { version, language };
}

function isConsentString(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && CONSENT_STRING.test(value));
}

function isBannerAction(value: unknown): value is BannerAction {
  return BANNER_ACTIONS.includes(value as BannerAction);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Never what stands on a prototype: `constructor` is no notice. */
function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function refuse(detail: string): RequestReading {
  return { ok: false, detail };
}
