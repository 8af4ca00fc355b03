/** Codes of countries and subdivisions, from ISO 3166-1 and ISO 3166-2, as far as rules need them. */

/** ISO 3166-1 alpha-2, with `XK` (Kosovo, user-assigned) and `EU` (reserved, seen in geo databases), which policies may name. */
export const COUNTRY_CODES: readonly string[] = (
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
  'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET EU FI FJ FK FM FO FR ' +
  'GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP ' +
  'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ ' +
  'NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW ' +
  'SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ ' +
  'UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW'
).split(' ');

const COUNTRIES: ReadonlySet<string> = new Set(COUNTRY_CODES);

/** Subdivisions of the countries whose subdivisions have rules: there, any other text is a subdivision that nobody knows. */
const SUBDIVISIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  US: new Set(
    (
      'AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA ' +
      'RI SC SD TN TX UT VT VA WA WV WI WY'
    ).split(' '),
  ),
  CA: new Set('AB BC MB NB NL NS NT NU ON PE QC SK YT'.split(' ')),
};

/** Subdivisions that ISO 3166-1 also gives a country code: one place, so one spelling, the country's own. */
const OWN_CODE: ReadonlyMap<string, string> = new Map([
  ...['PR', 'GU', 'VI', 'AS', 'MP', 'UM'].map((code) => [`US-${code}`, code] as const),
  ...['BL', 'GF', 'GP', 'MF', 'MQ', 'NC', 'PF', 'PM', 'RE', 'TF', 'WF', 'YT'].map((code) => [`FR-${code}`, code] as const),
  ...['AW', 'CW', 'SX'].map((code) => [`NL-${code}`, code] as const),
  ...['HK', 'MO', 'TW'].map((code) => [`CN-${code}`, code] as const),
  ['FR-971', 'GP'],
  ['FR-972', 'MQ'],
  ['FR-973', 'GF'],
  ['FR-974', 'RE'],
  ['FR-976', 'YT'],
  ['FI-01', 'AX'],
  ['NO-21', 'SJ'],
  ['NO-22', 'SJ'],
]);

export function isCountryCode(code: string): boolean {
  return COUNTRIES.has(code);
}

/** Whether a country may have such a subdivision; for countries without a list of ours, whether it is spelled like one. */
export function isSubdivisionCode(country: string, subdivision: string): boolean {
  const known = Object.hasOwn(SUBDIVISIONS, country) ? SUBDIVISIONS[country] : undefined;
  return known === undefined ? /^[A-Z0-9]{1,3}$/.test(subdivision) : known.has(subdivision);
}

/** Country code of a subdivision that has one of its own (`US-PR` is `PR`), or null. */
export function ownCountryCode(country: string, subdivision: string): string | null {
  return OWN_CODE.get(`${country}-${subdivision}`) ?? null;
}
