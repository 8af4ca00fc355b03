/** Which cookie is whose. */

export const CMP_KINDS = [
  'onetrust',
  'cookiebot',
  'vanilla-cookieconsent',
  'klaro',
  'c15t',
  'cookieyes',
  'complianz',
  'didomi',
  'shopify',
  'tarteaucitron',
  'matomo',
] as const;
export type CmpKind = (typeof CMP_KINDS)[number];

/** Built-in cookie names. A site whose tool writes another name adds it to its configuration. */
export const CMP_COOKIE_NAMES: ReadonlyMap<string, CmpKind> = new Map<string, CmpKind>([
  ['OptanonConsent', 'onetrust'],
  ['OptanonAlertBoxClosed', 'onetrust'],
  ['CookieConsent', 'cookiebot'],
  ['cc_cookie', 'vanilla-cookieconsent'],
  ['klaro', 'klaro'],
  ['c15t', 'c15t'],
  ['cookieyes-consent', 'cookieyes'],
  ['cmplz_functional', 'complianz'],
  ['cmplz_preferences', 'complianz'],
  ['cmplz_statistics', 'complianz'],
  ['cmplz_statistics-anonymous', 'complianz'],
  ['cmplz_marketing', 'complianz'],
  ['cmplz_banner-status', 'complianz'],
  ['didomi_token', 'didomi'],
  ['_tracking_consent', 'shopify'],
  ['_cmp_a', 'shopify'],
  ['tarteaucitron', 'tarteaucitron'],
  ['mtm_consent', 'matomo'],
  ['mtm_cookie_consent', 'matomo'],
  ['mtm_consent_removed', 'matomo'],
  ['matomo_ignore', 'matomo'],
  ['piwik_ignore', 'matomo'],
]);
