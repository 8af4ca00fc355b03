/** Hits with a seeded identifier in a random carrier below random encodings, and the search for it. */
import { deflateSync, gzipSync } from 'node:zlib';
import type { Random } from './random.ts';
import type { PlainHit } from './scrub.ts';

const HEX = '0123456789abcdef';
const TOKEN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const WORDS = ['anna', 'jonas', 'muster', 'yilmaz', 'o-neil', 'müller', 'chen', 'kowalska'];

/** Identifiers that their looks give away. */
const SECRETS: Readonly<Record<string, (random: Random) => string>> = {
  email: (r) =>
    `${r.pick(WORDS)}.${r.pick(WORDS)}${r.below(1000)}@${r.pick(['example.com', 'mail.example.org', 'firma.example'])}`,
  phone: (r) => `+${r.pick(['49', '1', '44', '33'])}${r.text('123456789', 1)}${r.text('0123456789', 8)}`,
  uuid: (r) => `${r.text(HEX, 8)}-${r.text(HEX, 4)}-4${r.text(HEX, 3)}-a${r.text(HEX, 3)}-${r.text(HEX, 12)}`,
  hash: (r) => r.text(HEX, r.pick([32, 40, 64])),
  token: (r) => `${r.text(TOKEN, 22)}7x${r.text(TOKEN, 2)}4K`,
  ipv4: (r) => `203.0.113.${10 + r.below(200)}`,
  ipv6: (r) => `2001:db8:${r.text(HEX.slice(1), 4)}:${r.text(HEX.slice(1), 4)}::${r.text(HEX.slice(1), 4)}`,
  jwt: (r) => `eyJ${r.text(TOKEN, 20)}.${r.text(TOKEN, 30)}.${r.text(TOKEN, 20)}`,
};

type Encoder = (text: string, random: Random) => string;
const ENCODERS: readonly Encoder[] = [
  (text) => text,
  (text) => encodeURIComponent(text),
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
  (text, r) => JSON.stringify({ [r.pick(['v', 'user', 'mail', 'x1'])]: text, n: 1 }),
  (text, r) => JSON.stringify([r.below(9), text]),
  (text, r) =>
    `https://shop.example.com/p/${r.below(9)}?${r.pick(['u', 'email', 'gclid', 'q'])}=${encodeURIComponent(text)}&utm_source=x`,
  (text, r) => `${r.pick(['a', 'id', 'e'])}=${encodeURIComponent(text)}&b=2`,
  (text) => `Danke, ${text}, bis bald`,
  (text) => `https://shop.example.com/konto/${encodeURIComponent(text)}/ende`,
];

const FIELDS = (
  'dl dr url refr uid cid sid _id dt page title search e_n dimension3 ep.note ep.user_data.email up.plan cd1 cd[x] ud[em] q u p r rl el tl pu ' +
  'gclid fbclid x1 foo customer_note el se_la se_pr cx co data e props meta email session z rnd ts timestamp value ref link event_id'
).split(' ');
const PATHS = (
  'user.email context.page.url context.page.title context.traits.plan properties.note properties.order_id data.url data.page events.params.page_location ' +
  'events.user_id events.event_properties.q payload.url payload.title payload.data.x batch.properties.$current_url batch.properties.foo traits.name a.b.c ' +
  'user_data.em custom_data.note message extra.info identityMap.CRMID.id requests'
).split(' ');
const HEADERS =
  'Referer X-Request-Id X-Custom Authorization User-Agent If-None-Match Accept-Language Sec-CH-UA X-Forwarded-For Origin Content-Type Accept traceparent'.split(
    ' ',
  );

function encode(secret: string, random: Random): string {
  let text = secret;
  for (let depth = random.below(4); depth > 0; depth--) text = random.pick(ENCODERS)(text, random);
  return text;
}

function nestPath(path: string, value: string, random: Random): unknown {
  return path
    .split('.')
    .reduceRight<unknown>((inner, key) => ({ [key]: random.below(4) === 0 ? [inner] : inner, k: random.below(5) }), value);
}

function placeInBody(value: string, random: Random): { body: Buffer; headers: string[] } {
  const json = JSON.stringify(nestPath(random.pick(PATHS), value, random));
  const pairs = `v=2&${random.pick(FIELDS)}=${encodeURIComponent(value)}&en=x`;
  switch (random.below(8)) {
    case 0:
      return { body: Buffer.from(pairs), headers: ['Content-Type', 'application/x-www-form-urlencoded'] };
    case 1:
      return { body: Buffer.from(`en=a&v=1\r\n${pairs}\r\nen=b`), headers: ['Content-Type', 'text/plain'] };
    case 2:
      return { body: Buffer.from(`{"a":1}\n${json}\n{"b":"c"}`), headers: ['Content-Type', 'text/plain'] };
    case 3:
      return { body: gzipSync(json), headers: ['Content-Type', 'text/plain'] };
    case 4:
      return { body: deflateSync(json), headers: ['Content-Type', 'application/json', 'Content-Encoding', 'deflate'] };
    case 5:
      return { body: Buffer.from(gzipSync(json).toString('base64')), headers: [] };
    case 6:
      return { body: Buffer.from(Buffer.from(json).toString('base64url')), headers: [] };
    default:
      return { body: Buffer.from(json), headers: ['Content-Type', 'application/json'] };
  }
}

function createHit(value: string, random: Random): PlainHit {
  const query = `v=2&tid=G-1&${random.pick(FIELDS)}=${encodeURIComponent(value)}&en=page_view`;
  const plain = 'v=2&tid=G-1&en=page_view';
  switch (random.below(7)) {
    case 0:
    case 1:
      return { target: `/collect?${query}` };
    case 2: {
      const { body, headers } = placeInBody(value, random);
      return { method: 'POST', target: `/collect?${plain}`, headers, body };
    }
    case 3: {
      const { body, headers } = placeInBody(value, random);
      return { method: 'POST', target: '/collect', headers, body };
    }
    case 4:
      return {
        target: `/collect?${plain}`,
        headers: ['Cookie', `a=1; ${random.pick(['_ga', '_fbp', 'sid', 'x'])}=${value.replace(/[;\s]/g, '')}; b=2`],
      };
    case 5:
      return {
        target: `/collect?${plain}`,
        headers: [
          random.pick(HEADERS),
          Buffer.from(value, 'utf8')
            .toString('latin1')
            .replace(/[\r\n]/g, ''),
        ],
      };
    default:
      return {
        target:
          random.below(2) === 0
            ? `/collect/${encodeURIComponent(value)}/x.gif?${plain}`
            : `/collect;u=${encodeURIComponent(value)}?${plain}`,
      };
  }
}

/** Whether one of the texts holds the identifier, in whatever case. */
export function isIn(texts: readonly string[], secret: string): boolean {
  const forms = [
    secret,
    Buffer.from(secret).toString('latin1'),
    Buffer.from(secret).toString('hex'),
    JSON.stringify(secret).slice(1, -1),
  ].map((form) => form.toLowerCase());
  return texts.some((text) => forms.some((form) => text.toLowerCase().includes(form)));
}

export interface SeededHit {
  readonly secret: string;
  readonly hit: PlainHit;
}

export function createSeededHit(random: Random): SeededHit {
  const secret = (random.pick(Object.values(SECRETS)) as (r: Random) => string)(random);
  return { secret, hit: createHit(encode(secret, random), random) };
}
