/** Hits of many visitors from a fixed seed, as bytes for the load generator: different ids, addresses, queries and cookies. */
import { writeFileSync } from 'node:fs';

/** mulberry32: the same numbers on every machine. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
];
const PAGES = ['/', '/tea/green', '/tea/black', '/checkout', '/blog/how-to-brew', '/account/orders', '/search'];

/** A visitor's address: a network of its own, so that no limit by network is met. */
export function addressOf(visitor) {
  return `${31 + (visitor >> 16)}.${(visitor >> 8) & 255}.${visitor & 255}.${1 + (visitor % 200)}`;
}

function ga4Query(random, visitor, count) {
  const client = `${1e9 + visitor}.${1_750_000_000 + visitor}`;
  const page = encodeURIComponent(
    `https://shop.example${PAGES[count % PAGES.length]}?utm_source=news&utm_campaign=autumn&id=${Math.floor(random() * 1e6)}`,
  );
  return [
    'v=2&tid=G-8XBENCH01',
    `gtm=45je5b${Math.floor(random() * 1e3)}v9101234567za200`,
    `_p=${Math.floor(random() * 1e12)}`,
    'gcd=13l3l3l3l1l1&npa=0&dma=1&tag_exp=101509157~103116026~103200004',
    `cid=${client}`,
    `ul=en-us&sr=1920x1080&uaa=x86&uab=64&uafvl=Chromium%3B141.0.7390.55&uamb=0&uam=&uap=Linux&uapv=6.8.0&uaw=0`,
    `are=1&frm=0&pscdl=noapi&_s=${1 + (count % 9)}&sid=${1_760_000_000 + visitor}&sct=${1 + (visitor % 7)}&seg=1`,
    `dl=${page}&dr=${encodeURIComponent('https://search.example/?q=loose+leaf+tea')}&dt=${encodeURIComponent('Halfmoon Tea: green teas')}`,
    `en=page_view&_ee=1&ep.content_group=tea&epn.value=${(random() * 90).toFixed(2)}&tfd=${Math.floor(random() * 9000)}`,
  ].join('&');
}

function ga4Body(random, count) {
  const lines = [];
  for (let i = 0; i < 6; i++) {
    lines.push(
      `en=view_item&_ee=1&ep.method=scroll&ep.coupon=AUTUMN&epn.value=${(random() * 90).toFixed(2)}&pr1=idSKU${count}${i}~nmGreen%20tea~pr${(random() * 20).toFixed(2)}~qt1&_et=${Math.floor(random() * 9000)}`,
    );
  }
  return lines.join('\r\n');
}

function matomoQuery(random, visitor, count) {
  const page = encodeURIComponent(`https://shop.example${PAGES[count % PAGES.length]}?id=${Math.floor(random() * 1e6)}`);
  return [
    `action_name=${encodeURIComponent('Halfmoon Tea: green teas')}&idsite=1&rec=1&r=${Math.floor(random() * 1e6)}&h=14&m=32&s=${count % 60}`,
    `url=${page}&urlref=${encodeURIComponent('https://search.example/?q=tea')}`,
    `_id=${(0x1000000000000 + visitor * 7919).toString(16).padStart(16, '0')}&_idn=0&send_image=0&_refts=0`,
    `pv_id=${Math.floor(random() * 1e9).toString(36)}&pf_net=10&pf_srv=120&pf_tfr=2&pf_dm1=310`,
    'cookie=1&res=1920x1080&uadata=%7B%22fullVersionList%22%3A%5B%7B%22brand%22%3A%22Chromium%22%2C%22version%22%3A%22141.0.7390.55%22%7D%5D%2C%22mobile%22%3Afalse%2C%22platform%22%3A%22Linux%22%7D',
  ].join('&');
}

/**
 * @param options path: of the route; country: said by the trusted proxy; cookieOf: the consent cookie of a visitor, or '';
 *   style: 'ga4' or 'matomo'; postShare: 0 to 1;
 *   inTurn: each visitor after the one before, in place of any
 * @returns requests as Buffers, as they go over the wire
 */
export function buildRequests({
  path,
  country,
  cookieOf,
  visitors,
  count,
  style = 'ga4',
  postShare = 0.2,
  seed = 7,
  inTurn = false,
}) {
  const random = seeded(seed);
  const requests = [];
  for (let i = 0; i < count; i++) {
    const visitor = inTurn ? i % visitors : Math.floor(random() * visitors);
    const isPost = random() < postShare;
    const query = style === 'ga4' ? ga4Query(random, visitor, i) : matomoQuery(random, visitor, i);
    const body = isPost ? Buffer.from(style === 'ga4' ? ga4Body(random, i) : '') : null;
    const consent = cookieOf(visitor);
    const lines = [
      `${isPost ? 'POST' : 'GET'} ${path}?${query} HTTP/1.1`,
      'Host: shop.example',
      'Connection: keep-alive',
      `User-Agent: ${AGENTS[visitor % AGENTS.length]}`,
      'Accept: */*',
      'Accept-Language: en-US,en;q=0.9,de;q=0.8',
      'Accept-Encoding: gzip, deflate, br, zstd',
      'Origin: https://shop.example',
      `Referer: https://shop.example${PAGES[i % PAGES.length]}`,
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Mode: no-cors',
      'Sec-Fetch-Dest: empty',
      `Cookie: _ga=GA1.1.${1e9 + visitor}.${1_750_000_000 + visitor}; _ga_8XBENCH01=GS2.1.s${1_760_000_000 + visitor}$o1$g1$t1760000100$j60$l0$h0; theme=dark${consent === '' ? '' : `; ${consent}`}`,
      `X-Forwarded-For: ${addressOf(visitor)}`,
      `X-Geo-Country: ${country}`,
    ];
    if (body !== null) lines.push('Content-Type: text/plain;charset=UTF-8', `Content-Length: ${body.length}`);
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    requests.push(body === null ? head : Buffer.concat([head, body]));
  }
  return requests;
}

/** A file that load.lua reads: each request behind its length. */
export function writeRequests(file, requests) {
  writeFileSync(file, Buffer.concat(requests.flatMap((request) => [Buffer.from(`${request.length}\n`), request])));
}
