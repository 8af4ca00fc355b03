/** Plays the scripts of vendors that give them to their customers only: their cookies, and hits in the form in which each sends them. */
import { readCookie, writeCookie } from './dom.js';
import * as snowplow from './snowplow-tracker.js';
import { CUSTOMER, MAIL, PAGE, REFERRER, TITLE } from './visit.js';

/** SHA-256 of the address, the way advanced matching sends it. */
const MAIL_HASH = 'f1f1a2c0a7e4dba5a4c7cbf8cb3b9c8f6b6b2c4a3c0bd6f4c2dd0a9e57b1e6d3';
const TRACKER_COOKIES = ['_ga', '_gcl_au', '_fbp', '_pk_id.3.5a1d'];

function digits(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => (byte % 9) + 1).join('');
}

function hex(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count / 2)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The cookies that the scripts set, on a visitor's first page. */
export function plantCookies() {
  const now = Date.now();
  const seconds = Math.floor(now / 1000);
  const values = {
    _ga: `GA1.1.${digits(10)}.${seconds}`,
    _gcl_au: `1.1.${digits(9)}.${seconds}`,
    _fbp: `fb.1.${now}.${digits(10)}`,
    '_pk_id.3.5a1d': `${hex(16)}.${seconds}.`,
  };
  for (const name of TRACKER_COOKIES) if (readCookie(name) === null) writeCookie(name, values[name], 390);
}

export function removeCookies() {
  for (const name of TRACKER_COOKIES) writeCookie(name, '', 0);
  snowplow.forget();
}

function query(fields) {
  return Object.entries(fields)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

const screenSize = () => `${screen.width}x${screen.height}`;

/** What every GA4 hit of a page has in common. */
function ga4Common() {
  return {
    v: '2',
    tid: 'G-DEMO12345',
    gtm: '45je59h0v900000001za200',
    _p: String(Date.now()),
    cid: (readCookie('_ga') ?? 'GA1.1.1.1').split('.').slice(2).join('.'),
    ul: navigator.language.toLowerCase(),
    sr: screenSize(),
    uid: CUSTOMER,
    sid: digits(10),
    sct: '1',
    seg: '1',
    dl: PAGE,
    dr: REFERRER,
    dt: TITLE,
  };
}

/** A hit is where it goes and how: an image for a pixel, a request with a body for a batch. */
const HITS = {
  ga4: () => ({ url: `/g/collect?${query({ ...ga4Common(), en: 'page_view', _ee: '1' })}`, body: null }),
  ga4Batch: ({ product = 'assam', price = '8.90' } = {}) => ({
    url: `/g/collect?${query(ga4Common())}`,
    type: 'text/plain;charset=UTF-8',
    body: [
      query({ en: 'view_item', pr1: `id${product}~nm${product}~pr${price}`, _et: '120' }),
      query({
        en: 'add_to_cart',
        pr1: `id${product}~nm${product}~pr${price}`,
        'ep.customer_email': MAIL,
        'epn.value': price,
        _et: '80',
      }),
    ].join('\r\n'),
  }),
  meta: ({ event = 'PageView' } = {}) => ({
    url: `/tr/?${query({
      ...{ id: '112233445566778', ev: event, dl: PAGE, rl: REFERRER, if: 'false', ts: String(Date.now()) },
      ...{ sw: String(screen.width), sh: String(screen.height), 'ud[em]': MAIL_HASH, v: '2.9.180', r: 'stable' },
      ...{ fbp: readCookie('_fbp') ?? '', eid: `event-${hex(8)}` },
    })}`,
    body: null,
  }),
  matomo: ({ event = null } = {}) => ({
    url: `/matomo.php?${query({
      ...{ action_name: TITLE, idsite: '3', rec: '1', r: digits(6), send_image: '1', url: PAGE, urlref: REFERRER },
      ...{
        uid: MAIL,
        _id: (readCookie('_pk_id.3.5a1d') ?? '').split('.')[0] ?? '',
        pv_id: hex(6),
        res: screenSize(),
        cookie: '1',
      },
      ...(event === null ? {} : { e_c: 'basket', e_a: event, e_n: CUSTOMER }),
    })}`,
    body: null,
  }),
  pixel: () => ({ url: `/pixel.gif?${query({ campaign: 'autumn', recipient: MAIL, visit: hex(12) })}`, body: null }),
};

/** @returns {Promise<void>} when the answer is there; hits never fail loudly, in a shop or here. */
export async function send({ url, type = 'text/plain', body }) {
  if (body !== null) {
    await fetch(url, { method: 'POST', headers: { 'Content-Type': type }, body }).catch(() => {});
    return;
  }
  const image = new Image();
  await new Promise((resolve) => {
    image.onload = resolve;
    image.onerror = resolve;
    image.src = url;
  });
}

/** Trackers that send for themselves. */
const TRACKERS = {
  snowplow: snowplow.trackPageView,
  snowplowBatch: ({ product = 'assam' } = {}) => snowplow.trackBasket(product),
};

/** @param {string} name @param {object} [about] */
export function sendHit(name, about) {
  return TRACKERS[name]?.(about) ?? send(HITS[name](about));
}

export async function sendPageView() {
  for (const name of ['ga4', 'meta', 'matomo', 'snowplow', 'pixel']) await sendHit(name);
}

/** @param {string} product @param {string} price */
export async function sendBasket(product, price) {
  await sendHit('ga4Batch', { product, price });
  await sendHit('meta', { event: 'AddToCart' });
  await sendHit('matomo', { event: 'add' });
  await sendHit('snowplowBatch', { product });
}
