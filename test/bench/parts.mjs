/**
 * What each part of a hit's way costs by itself, with 1, 100 and 10,000 routes, policies and subjects: the cost must not grow
 * with them. `node test/bench/parts.mjs [--quick] [NAME…]` after a build. Times are medians of batches, in µs.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseQuery } from 'node:querystring';
import { fileURLToPath } from 'node:url';
import { createConsentCookies } from '../../dist/consent/cookie.js';
import { createKeyring } from '../../dist/consent/keys.js';
import { lookUpConsent } from '../../dist/consent/lookup.js';
import { guardHit } from '../../dist/hit/guard.js';
import { guardUntouched } from '../../dist/hit/guard-own.js';
import { ClientIdentifier } from '../../dist/hit/identify.js';
import { judgeHit } from '../../dist/hit/judge.js';
import { addOwnHeaders, keepHeaders } from '../../dist/hit/leave.js';
import { receiveHit } from '../../dist/hit/receive.js';
import { RouteTable } from '../../dist/hit/route.js';
import { scrubHit } from '../../dist/hit/scrub.js';
import { FieldNames, readRequest } from '../../dist/ops/direct-request.js';
import { checkPolicies } from '../../dist/policy/load.js';
import { loadPoliciesAside } from '../../dist/policy/load-aside.js';
import { maskAddress, parseAddress } from '../../dist/privacy/ip.js';
import { readSignals } from '../../dist/signals/read.js';
import { openLmdbStore } from '../../dist/store/lmdb.js';
import { createMemoryStore } from '../../dist/store/memory.js';
import { HeaderTable } from '../../dist/upstream/headers.js';
import { loadProfiles } from '../../dist/vendors/load.js';
import { addressOf, buildRequests, seeded } from './corpus.mjs';
import { median } from './measure.mjs';

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const quick = process.argv.includes('--quick');
const NOW = Date.now();
const SIZES = [1, 100, 10_000];

function bench(name, run) {
  if (names.length > 0 && !names.some((part) => name.includes(part))) return;
  const batch = quick ? 500 : 5_000;
  const times = [];
  for (let round = 0; round < (quick ? 5 : 15); round++) {
    // Processor time, not wall time: others on the machine cost less of it.
    const start = process.cpuUsage();
    for (let i = 0; i < batch; i++) run(i);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / batch);
  }
  console.log(`${name.padEnd(52)} ${median(times.slice(2)).toFixed(2).padStart(9)} µs`);
}

const fieldNames = new FieldNames();

/** A request as the gateway reads it from a connection. */
function parse(bytes) {
  const request = readRequest(bytes.toString('latin1'), fieldNames, { remoteAddress: '127.0.0.1' });
  if (typeof request === 'string') throw new Error(`a request of the benchmark is '${request}'`);
  request.body = bytes.subarray(request.headBytes, request.headBytes + request.bodyBytes);
  return request;
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const COUNTRIES = LETTERS.flatMap((one) => LETTERS.map((two) => one + two)).filter(
  (code) =>
    !/^(?:Z[^AMW]|X[^K]|A[AC]|U[KN]|E[UAZ]|Q[^A]|CP|DG|IC|TA|CQ|BU|DD|FX|SU|TP|YU|CS|AN|NT|VD|YD|NH|RH|HV|DY|XK)$/.test(code) &&
    regionNames.of(code) !== undefined,
);
const ALL = { functional: true, analytics: true, personalization: true, advertising: true };

function headOf(subject, granted = ALL) {
  const choices = Object.fromEntries(
    Object.entries(granted).map(([purpose, yes]) => [
      purpose,
      { state: yes ? 'granted' : 'denied', at: NOW - 1000, policy: 'eu@1#0', model: 'opt-in', notice: 'n1' },
    ]),
  );
  return { subject, sequence: 1, hash: '0'.repeat(64), choices };
}

const keyring = createKeyring([{ kid: 'k1', bytes: randomBytes(32) }]);
const cookieConfig = { name: null, domain: null, maxAgeMs: 400 * 86_400_000, secure: true, sameSite: 'lax' };
const cookies = createConsentCookies(cookieConfig, keyring, 'bench');
const table = new HeaderTable(['x-geo-country']);
const loaded = await loadPoliciesAside(POLICIES);
const profiles = await loadProfiles(join(POLICIES, 'vendors'));
if (!loaded.ok || !profiles.ok) throw new Error('the pack does not load');
const ga4 = profiles.profiles.get('ga4');

const VISITORS = 4_096;
const subjects = Array.from({ length: VISITORS }, () => randomBytes(16).toString('base64url'));
const tokens = subjects.map((subject) => cookies.issue(headOf(subject), 0, NOW).split(';')[0]);
const requests = buildRequests({
  path: '/g/collect',
  country: 'DE',
  cookieOf: (visitor) => tokens[visitor],
  visitors: VISITORS,
  count: 2_000,
}).map(parse);
const hits = requests.map((request) => receiveHit(request, table));
const at = (list, i) => list[i % list.length];

bench('receive', (i) => receiveHit(at(requests, i), table));
for (const size of SIZES) {
  const routes = Array.from({ length: size }, (_, i) => ({
    pattern: `/g/collect${i === 0 ? '' : i}`,
    path: `/g/collect${i === 0 ? '' : i}`,
    prefix: false,
    host: i % 2 === 0 ? null : `shop${i}.example`,
    pass: false,
  }));
  const routeTable = new RouteTable(routes);
  bench(`route, of ${size}`, (i) => routeTable.find(at(hits, i).host, at(hits, i).path));
}
const identifier = new ClientIdentifier({ proxies: ['127.0.0.1/32', '10.0.0.0/8'], forwarded: 'x-forwarded-for' });
bench('identify', (i) => identifier.identify(at(hits, i)));
bench('parse and mask an address', (i) => maskAddress(parseAddress(addressOf(i % VISITORS)), { v4: 24, v6: 48 }));

const source = (hit) => ({ rawHeaders: hit.rawHeaders, query: hit.query ?? '', cookie: hit.cookie, body: null });
bench('read signals: Consent Mode alone', (i) => readSignals(source(at(hits, i)), undefined, NOW));
const withSignal = (field) => hits.map((hit) => ({ ...hit, query: `${hit.query}&${field}` }));
for (const [name, field] of [
  ['us_privacy', 'us_privacy=1YYN'],
  ['TCF', 'gdpr=1&gdpr_consent=CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA'],
  ['GPP', 'gpp=DBABLA~BVQqAAAAAgA.QA&gpp_sid=7'],
]) {
  const list = withSignal(field);
  bench(`read signals: ${name}`, (i) => readSignals(source(at(list, i)), undefined, NOW));
}

for (const size of SIZES) {
  const store = createMemoryStore();
  const some = subjects.slice(0, Math.min(size, VISITORS));
  const rest = size > VISITORS ? Array.from({ length: size - VISITORS }, () => randomBytes(16).toString('base64url')) : [];
  const folder = mkdtempSync(join(tmpdir(), 'consentry-parts-'));
  const lmdb = openLmdbStore(folder);
  const record = (subject) => ({
    record: { sequence: 1, previous: '0'.repeat(64), hash: '0'.repeat(64), signature: 'k1.x', ciphertext: Buffer.alloc(64) },
    head: headOf(subject),
    newKey: Buffer.alloc(32),
    isUrgent: false,
  });
  for (const target of [store, lmdb]) await Promise.all([...some, ...rest].map((subject) => target.append(record(subject))));
  bench(`token and record, memory, of ${size} subjects`, (i) => lookUpConsent(tokens[i % some.length], cookies, store, NOW));
  bench(`token and record, lmdb, of ${size} subjects`, (i) => lookUpConsent(tokens[i % some.length], cookies, lmdb, NOW));
  await lmdb.close();
  rmSync(folder, { recursive: true, force: true });
}
const random = seeded(3);
const fresh = Array.from({ length: 20_000 }, () => cookies.issue(headOf(String(random())), 0, NOW).split(';')[0]);
let next = 0;
bench('token never seen before', () => cookies.read(fresh[next++ % fresh.length], NOW));

const facts = (head, signals = []) => ({
  region: { country: 'DE', subdivision: null, source: 'header:test', disagrees: null },
  record: head,
  denied: 0,
  signals,
  label: null,
  sensitive: false,
  age: null,
  tcfVendor: null,
});
const heads = subjects.slice(0, 100).map((subject) => headOf(subject));
bench('judge by the pack, record alone', (i) => judgeHit(loaded.set, facts(at(heads, i)), 4, ga4.named, NOW));
const heard = hits.map((hit) => readSignals(source(hit), undefined, NOW));
bench('judge by the pack, with Consent Mode', (i) => judgeHit(loaded.set, facts(at(heads, i), at(heard, i)), 4, ga4.named, NOW));
for (const size of SIZES) {
  // One policy for each country, then earlier ones of the same countries.
  if (size > 1_000 && quick) continue;
  const files = Array.from({ length: size }, (_, i) => ({ file: `p${i}.yaml`, text: policyFor(i) }));
  const checked = checkPolicies(files, NOW);
  if (!checked.ok) throw new Error(`of ${size} policies: ${JSON.stringify(checked.errors[0])}`);
  bench(`judge, of ${size} policies`, (i) => judgeHit(checked.set, facts(at(heads, i)), 4, ga4.named, NOW));
}

function policyFor(i) {
  const cells = 'granted: forward, unknown: drop, denied: drop';
  const match = i === 0 ? '["*", "ZZ"]' : `["${COUNTRIES[i % COUNTRIES.length]}"]`;
  const effective = new Date(Date.UTC(2024, 0, 1) - Math.floor(i / COUNTRIES.length) * 86_400_000).toISOString().slice(0, 10);
  return `schema: 1
id: p${i}
title: policy ${i}
version: 2026.11.0
effective: ${effective}
model: opt-in
match: ${match}
purposes:
  necessary:       { granted: forward, unknown: forward, denied: forward }
  functional:      { ${cells} }
  analytics:       { ${cells} }
  personalization: { ${cells} }
  advertising:     { ${cells} }
signals:
  record: { may: [grant, deny] }
anonymize: { ip: drop, ids: drop, join-ids: keep, user-agent: family, device: coarse, page: path, text: drop, referrer: origin, undeclared: drop, time: exact, geo: country }
consent: { valid-for: 180d, record-refusals: true }
failure: { store: denied, geo: "ZZ", evidence: drop }
`;
}

const restricted = judgeHit(
  loaded.set,
  facts(headOf('x', { ...ALL, advertising: false, personalization: false })),
  4,
  ga4.named,
  NOW,
);
const { judgement } = restricted;
const everything = judgement.purposes.map((purpose) => ({ ...purpose, action: 'anonymize', state: 'denied' }));
const asDecided = judgement.purposes.map((purpose) => ({ ...purpose, action: purpose.action, state: purpose.state }));

/** What the gateway hands over for a hit: all of one shape, as there. */
function scrubRequest(hit, i, { profile = ga4, routePath = '/g/collect', action = 'anonymize', purposes = asDecided } = {}) {
  return {
    hit,
    profile,
    routePath,
    action,
    gate: 4,
    judgement: { ...judgement, purposes },
    anonymize: judgement.anonymize,
    clientAddress: addressOf(i),
    country: 'DE',
    subdivision: null,
    pseudonymize: null,
  };
}

/** A hit as it would leave untouched. */
function leave(hit, body = null, more = []) {
  const headers = [...keepHeaders(hit, (cookie) => cookies.remove(cookie)), ...more];
  return { method: hit.method, target: `${hit.path}?${hit.query}`, headers, body };
}

const scrubRequestsFor = (options) =>
  hits.map((hit, i) => scrubRequest(leave(hit, hit.method === 'POST' ? requests[i].body : null), i, options));
const scrubRequests = scrubRequestsFor({ action: restricted.action });
const anonymizeRequests = scrubRequestsFor({});
bench('keep headers', (i) => keepHeaders(at(hits, i), (cookie) => cookies.remove(cookie)));
bench('scrub: analytics granted, advertising not', (i) => scrubHit(at(scrubRequests, i)));
bench('scrub: anonymize', (i) => scrubHit(at(anonymizeRequests, i)));
const scrubbed = scrubRequests.map((request) => scrubHit(request));
console.error(
  `(${scrubbed.filter(({ ok }) => ok).length} of ${scrubbed.length} scrubbed, ${scrubbed[0].forbidden?.length} secrets in the first)`,
);
const clean = scrubbed.filter(({ ok }) => ok);
bench('guard', (i) => guardHit(at(clean, i).hit, [...at(clean, i).forbidden]));

/**
 * Several in turn, in short blocks: the lower quartile of each, which others on the machine disturb least. What plain JavaScript of known
 * cost takes beside them tells this machine from the one that the aims come from.
 */
function benchTogether(parts) {
  const chosen = parts.filter(([name]) => names.length === 0 || names.some((part) => name.includes(part)));
  const times = chosen.map(() => []);
  const block = quick ? 20 : 100;
  for (let round = 0; round < (quick ? 5 : 400); round++) {
    chosen.forEach(([, run], part) => {
      const start = process.hrtime.bigint();
      for (let i = 0; i < block; i++) run(round * block + i);
      times[part].push(Number(process.hrtime.bigint() - start) / 1_000 / block);
    });
  }
  chosen.forEach(([name, , aim], part) => {
    const settled = times[part].slice(quick ? 0 : 100).sort((x, y) => x - y);
    const quartile = settled[Math.floor(settled.length / 4)].toFixed(2).padStart(9);
    console.log(`${name.padEnd(52)} ${quartile} µs${aim === undefined ? '' : ` (${aim})`}`);
  });
}

/** A beacon of about 1 KB in JSON, as Segment's script sends it. */
function beaconOf(i) {
  const url = `https://shop.example/tea/${i % 7}?utm_source=news&gclid=Cj0KCQiA${i}`;
  const page = { path: `/tea/${i % 7}`, referrer: 'https://search.example/', title: 'Halfmoon Tea: green teas', url };
  return {
    timestamp: '2026-11-23T10:00:00.000Z',
    type: 'page',
    event: 'Product Viewed',
    properties: { ...page, category: 'tea', price: 12.5 + (i % 10), quantity: 1 },
    context: {
      page,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      locale: 'en-US',
      library: { name: 'analytics.js', version: 'next-1.70.0' },
      timezone: 'Europe/Berlin',
    },
    messageId: `ajs-next-17600000${i}-8d3f0c3e-4a6b-4b5e-9a2e-0${i}`,
    anonymousId: `3b1f6d2e-8c7a-4f1e-9b0a-${100_000_000_000 + i}`,
    userId: i % 3 === 0 ? null : `user${i}@mail.example`,
    writeKey: 'aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI',
  };
}

const onlyGets = (list) => list.filter(({ hit }) => hit.method === 'GET');
const gets = onlyGets(scrubRequests);
const kept = onlyGets(anonymizeRequests);
const anonymous = onlyGets(scrubRequestsFor({ purposes: everything }));
// The median of recorded GET hits has 17 fields; these have 21.
const matomo = profiles.profiles.get('matomo');
const medians = buildRequests({
  path: '/matomo.php',
  country: 'DE',
  cookieOf: () => '',
  visitors: VISITORS,
  count: 2_000,
  style: 'matomo',
  postShare: 0,
})
  .map(parse)
  .map((request, i) =>
    scrubRequest(leave(receiveHit(request, table)), i, { profile: matomo, routePath: '/matomo.php', purposes: everything }),
  );
const segment = profiles.profiles.get('segment');
const texts = gets.slice(0, 500).map((_, i) => JSON.stringify(beaconOf(i)));
const beacons = texts.map((text, i) => {
  const hit = leave(hits[i], Buffer.from(text), ['Content-Type', 'application/json']);
  return scrubRequest({ ...hit, method: 'POST', target: '/v1/p' }, i, {
    profile: segment,
    routePath: '/v1/*',
    purposes: everything,
  });
});
const scrubAndGuard = (list) => (i) => {
  // The guard is in it.
  if (!scrubHit(at(list, i)).ok) throw new Error('a hit of the benchmark did not leave');
};
/** The spellings that a guard looks for, one after the other: what the aims of scrub and guard together were set beside (17 to 93 µs). */
function spellingsOf(value) {
  const once = encodeURIComponent(value);
  const inBase64 = [0, 1, 2].map((offset) => {
    const letters = Buffer.from('x'.repeat(offset) + value)
      .toString('base64')
      .replace(/=+$/, '');
    return letters.slice(offset === 0 ? 0 : offset + 1, letters.length - 2);
  });
  const inUrl = inBase64.map((letters) => letters.replaceAll('+', '-').replaceAll('/', '_'));
  return [value, once, encodeURIComponent(once), ...inBase64, ...inUrl, Buffer.from(value).toString('hex')];
}
const guardNaively = (list) => {
  const outcomes = list.map((request) => scrubHit(request));
  return (i) => {
    const { hit, forbidden } = at(outcomes, i);
    const text = `${hit.target}\n${hit.headers.join('\n')}\n${hit.body?.toString() ?? ''}`;
    const lower = text.toLowerCase();
    for (const { value } of forbidden)
      for (const one of spellingsOf(value))
        if (text.includes(one) || lower.includes(one.toLowerCase())) throw new Error('a hit of the benchmark did not leave');
  };
};
// The longest 25 of the fields, in their order: some 530 characters.
const longest = gets.map(({ hit }) => {
  const fields = hit.target.slice(hit.target.indexOf('?') + 1).split('&');
  const least = fields.map(({ length }) => length).sort((x, y) => y - x)[24];
  return fields
    .filter(({ length }) => length >= least)
    .slice(0, 25)
    .join('&');
});
benchTogether([
  ['reference: URLSearchParams, 25 fields', (i) => [...new URLSearchParams(at(longest, i))], '6.9 where the aims come from'],
  ['reference: querystring, 25 fields', (i) => parseQuery(at(longest, i)), '8.8'],
  [
    'reference: JSON of a beacon, three paths deleted',
    (i) => {
      const beacon = JSON.parse(at(texts, i));
      delete beacon.userId;
      delete beacon.anonymousId;
      delete beacon.context.userAgent;
      JSON.stringify(beacon);
    },
    '8.7',
  ],
  ['reference: naive guard alone, GET', guardNaively(anonymous)],
  ['reference: naive guard alone, JSON', guardNaively(beacons)],
  ['scrub and guard: GET with nothing to strip', (i) => guardUntouched(at(gets, i).hit, at(subjects, i)), 'aim: 3'],
  ['scrub and guard: GET, advertising stripped', scrubAndGuard(gets)],
  ['scrub and guard: GET anonymized, analytics kept', scrubAndGuard(kept), 'aim: 25'],
  ['scrub and guard: GET, everything anonymized', scrubAndGuard(anonymous), 'aim: 25'],
  ['scrub and guard: GET of 21 fields, the same', scrubAndGuard(medians), 'aim: 25'],
  ['scrub and guard: JSON of about 1 KB anonymized', scrubAndGuard(beacons), 'aim: 50'],
]);
const route = { gate: 4, profile: ga4, recipient: 'processor' };
bench('add own headers', (i) =>
  addOwnHeaders(at(scrubRequests, i).hit, {
    route,
    judgement: restricted.judgement,
    action: 'forward',
    region: facts(null).region,
    anonymize: restricted.judgement.anonymize,
    address: '192.0.2.1',
    host: 'shop.example',
  }),
);
process.exit(0);
