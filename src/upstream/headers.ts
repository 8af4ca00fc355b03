/** What each header field of a hit is, told once per spelling: which ones never reach a collector, and why. */

const NO_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NO_LINES = /[^\t\r\n\x20-\x7e\x80-\xff]/;

/** A token (RFC 9110 § 5.6.2). */
export function isFieldName(text: string): boolean {
  return text !== '' && !NO_NAME.test(text);
}

/** Nothing that would end a header line, and nothing that one byte cannot hold (RFC 9110 § 5.5). */
export function isFieldValue(text: string): boolean {
  return !NO_VALUE.test(text);
}

/** The same of several lines, with their ends. */
export function isFieldLines(text: string): boolean {
  return !NO_LINES.test(text);
}

/** @param name in lower case. @returns the empty text where no line has it */
export function firstValue(rawHeaders: readonly string[], name: string): string {
  for (let i = 0; i < rawHeaders.length; i += 2)
    if ((rawHeaders[i] as string).toLowerCase() === name) return rawHeaders[i + 1] as string;
  return '';
}

/** What a header line is to the gateway. */
export type HeaderKind =
  | 'plain'
  /** Belongs to one connection (RFC 9110 § 7.6.1) or to the framing, which is made anew for the collector. */
  | 'hop'
  /** Says who the client is: replaced by one X-Forwarded-For of our own. */
  | 'address'
  /** Says where the client is. */
  | 'geo'
  /** `Consentry-*` from outside. */
  | 'own'
  /** Range and cache validators: a validator that comes back is an identifier that survives deleted cookies. */
  | 'validator'
  | 'cookie'
  | 'host'
  | 'gpc';

/** Fields whose values a step of ours reads, as numbers: a switch over them is a jump, where one over names compares each. */
export const FIELDS = {
  host: 1,
  cookie: 2,
  'x-forwarded-for': 3,
  forwarded: 4,
  origin: 5,
  referer: 6,
  accept: 7,
  'sec-fetch-dest': 8,
  'consentry-token': 9,
  'sec-gpc': 10,
  'content-length': 11,
  'transfer-encoding': 12,
  connection: 13,
  upgrade: 14,
  'content-type': 15,
  'content-encoding': 16,
  dnt: 17,
  'x-do-not-track': 18,
  'sp-anonymous': 19,
} as const;
/** A field that nobody here reads; one with an underscore in its name, which to others may be another field. */
export const OTHER_FIELD = 0;
export const UNDERSCORED_FIELD = 20;
const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(FIELDS));

export interface HeaderInfo {
  readonly lower: string;
  readonly kind: HeaderKind;
  /** One of {@link FIELDS}, or one of the two beside them. */
  readonly field: number;
}

const HOP_BY_HOP = `connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade
 expect content-length http2-settings`;

/** Headers in which proxies, CDNs and collectors carry a client's address. */
const ADDRESS = `x-forwarded-for forwarded x-real-ip x-client-ip client-ip x-cluster-client-ip x-forwarded forwarded-for x-original-forwarded-for
 x-envoy-external-address true-client-ip cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4 fastly-client-ip fly-client-ip x-azure-clientip
 x-azure-socketip x-appengine-user-ip do-connecting-ip x-nf-client-connection-ip cloudfront-viewer-address x-vercel-forwarded-for
 x-vercel-proxied-for x-remote-addr x-remote-ip x-originating-ip x-original-remote-addr x-host-ip wl-proxy-client-ip proxy-client-ip
 x-proxyuser-ip x-sucuri-clientip incap-client-ip x-coming-from x-forwarded-client-ip x-true-client-ip x-ms-forwarded-client-ip
 cdn-client-ip x-cdn-src-ip x-bb-ip x-lb-client-ip x-nginx-proxy-real-ip
 x-client-dst-ip`;

/** Headers in which CDNs say where a client is, or fingerprint its connection. */
const GEO = `cf-ipcountry cf-ipcity cf-ipcontinent cf-iplatitude cf-iplongitude cf-region cf-region-code cf-metro-code cf-postal-code cf-timezone cf-ja3
 cf-ja4 x-vercel-ip-city x-vercel-ip-continent x-vercel-ip-latitude x-vercel-ip-longitude x-vercel-ip-postal-code x-vercel-ip-timezone
 x-vercel-ip-country x-vercel-ip-country-region x-vercel-ip-as-number x-vercel-ja4-digest x-appengine-city x-appengine-citylatlong
 x-appengine-region x-appengine-country x-gclb-country x-gclb-region x-akamai-edgescape x-nf-geo cdn-requestcountrycode
 x-fastly-country-code fastly-geo-country x-geo-country x-geo-region x-geo-city
 x-geo-lat x-geo-lon x-geoip-country x-geoip2-country x-geoip2-city x-client-geo-location x-client-region x-client-city`;

const VALIDATORS = 'if-none-match if-modified-since if-match if-unmodified-since if-range range';

const KINDS = new Map<string, HeaderKind>();
for (const [kind, names] of [
  ['hop', HOP_BY_HOP],
  ['address', ADDRESS],
  ['geo', GEO],
  ['validator', VALIDATORS],
  ['cookie', 'cookie'],
  ['host', 'host'],
  ['gpc', 'sec-gpc'],
] as const) {
  for (const name of names.split(/\s+/)) KINDS.set(name, kind);
}

/** Spellings from outside are remembered up to this many; later ones are looked up each time. */
const MOST_SPELLINGS = 4096;

/** Looks a header name up once per spelling. One for each gateway, since an operator may name geo headers of their own. */
export class HeaderTable {
  readonly #seen = new Map<string, HeaderInfo>();
  readonly #geo: ReadonlySet<string>;

  /** @param geo names of the headers that the operator's own proxy says the place in (`trust.geo`). */
  constructor(geo: Iterable<string> = []) {
    this.#geo = new Set(Array.from(geo, (name) => name.toLowerCase()));
  }

  describe(name: string): HeaderInfo {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const lower = name.toLowerCase();
    const kind = this.#geo.has(lower) ? 'geo' : (KINDS.get(lower) ?? kindByPrefix(lower));
    const field = NUMBERS.get(lower) ?? (lower.includes('_') ? UNDERSCORED_FIELD : OTHER_FIELD);
    const info: HeaderInfo = { lower, kind, field };
    if (this.#seen.size < MOST_SPELLINGS && name.length <= 64) this.#seen.set(name, info);
    return info;
  }
}

function kindByPrefix(lower: string): HeaderKind {
  if (lower.startsWith('consentry-')) return 'own';
  if (lower.startsWith('cloudfront-viewer-') || lower.startsWith('x-vercel-ip-') || lower.startsWith('cf-ip')) return 'geo';
  return 'plain';
}
