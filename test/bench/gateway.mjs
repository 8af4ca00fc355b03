/** The gateway that is measured: its configuration, the decisions of its visitors, and whether it does what it is measured for. */
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { addressOf, buildRequests } from './corpus.mjs';
import { findPort } from './programs.mjs';

/** A collector that tells what arrived, for checking that the program does what it is measured for. */
export async function startEcho() {
  const arrived = [];
  const server = createServer((req, res) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      arrived.push({ url: req.url, headers: req.headers, body: Buffer.concat(chunks).toString() });
      res.writeHead(200).end();
    });
  });
  const port = await findPort();
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}`, arrived, close: () => server.close() };
}

function send(port, { method = 'GET', path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: '127.0.0.1', method, path, headers: { Host: 'shop.example', ...headers } }, (res) => {
      res.resume();
      res.on('end', () => resolve(res));
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** @param folder of its store and its evidence */
export function configFor({ port, adminPort, collector, echo, folder }) {
  const route = (path, more) => ({ path, vendor: 'ga4', ...more });
  return {
    site: 'bench',
    listen: { host: '127.0.0.1', port },
    admin: { host: '127.0.0.1', port: adminPort },
    upstream: collector,
    workers: 1,
    store: `lmdb:${join(folder, 'data')}`,
    evidence: { dir: join(folder, 'evidence') },
    trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-geo-country' } },
    consent: {
      'public-url': 'https://shop.example',
      notices: { n1: { hash: 'x', purposes: ['functional', 'analytics', 'personalization', 'advertising'] } },
      rate: { 'per-minute': 1_000_000 },
    },
    routes: [
      route('/g/collect'),
      route('/pixel/g/collect', { respond: 'pixel' }),
      route('/check/g/collect', { upstream: echo }),
      { path: '/matomo.php', vendor: 'matomo', recipient: 'own', label: 'audience-measurement' },
      { path: '/check/matomo.php', vendor: 'matomo', recipient: 'own', label: 'audience-measurement', upstream: echo },
    ],
  };
}

/** A visitor's decision, posted as a banner does. @returns the cookie */
async function decide(port, visitor, purposes) {
  const res = await send(port, {
    method: 'POST',
    path: '/consent',
    headers: {
      'Content-Type': 'application/json',
      'Sec-Fetch-Site': 'same-origin',
      'X-Forwarded-For': addressOf(visitor),
      'X-Geo-Country': 'DE',
    },
    body: JSON.stringify({ purposes, action: 'save', notice: { version: 'n1', language: 'en' } }),
  });
  const cookie = res.headers['set-cookie']?.[0]?.split(';')[0];
  if (cookie === undefined) throw new Error(`POST /consent answered ${res.statusCode}`);
  return cookie;
}

/** Decisions of `count` visitors, from number `from` on. @returns their cookies */
export async function decideAll(port, from, count, purposes) {
  const cookies = [];
  for (let start = 0; start < count; start += 64) {
    const batch = Array.from({ length: Math.min(64, count - start) }, (_, i) => decide(port, from + start + i, purposes));
    cookies.push(...(await Promise.all(batch)));
  }
  return cookies;
}

/** What must hold for the figures to mean anything: yes goes through untouched, no reaches nobody, exempt ones lose their ids. */
export async function checkEnforcement(port, echo, granted, restricted) {
  const sendAll = async (requests) => {
    for (const bytes of requests) {
      const [head, body] = bytes.toString('latin1').split('\r\n\r\n');
      const [line, ...fields] = head.split('\r\n');
      const [method, path] = line.split(' ');
      const headers = Object.fromEntries(
        fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2)]),
      );
      await send(port, { method, path, headers, body });
    }
  };
  const build = (path, cookieOf, more = {}) =>
    buildRequests({ path, country: 'DE', cookieOf, visitors: granted.length, count: 25, seed: 11, ...more });
  const problems = [];
  const expectArrived = async (what, requests, check) => {
    echo.arrived.length = 0;
    await sendAll(requests);
    problems.push(...check(echo.arrived, requests).map((problem) => `${what}: ${problem}`));
  };
  await expectArrived(
    'granted',
    build('/check/g/collect', (visitor) => granted[visitor]),
    (arrived, sent) => [
      ...(arrived.length === sent.length ? [] : [`${arrived.length} of ${sent.length} arrived`]),
      ...(arrived.some(({ headers }) => /consentry=/.test(headers.cookie ?? '')) ? ['our cookie went on'] : []),
      ...(arrived.every(({ url }) => /[?&]cid=\d/.test(url)) ? [] : ['a granted id is missing']),
    ],
  );
  await expectArrived(
    'analytics only',
    build('/check/g/collect', (visitor) => restricted[visitor]),
    (arrived, sent) => [...(arrived.length === sent.length ? [] : [`${arrived.length} of ${sent.length} arrived`])],
  );
  await expectArrived(
    'nothing said',
    build('/check/g/collect', () => ''),
    (arrived) => (arrived.length === 0 ? [] : [`${arrived.length} arrived`]),
  );
  await expectArrived(
    'exempt',
    build('/check/matomo.php', () => '', { country: 'FR', style: 'matomo', postShare: 0 }),
    (arrived, sent) => [
      ...(arrived.length === sent.length ? [] : [`${arrived.length} of ${sent.length} arrived`]),
      ...(arrived.some(({ url, headers }) => /_id=1000/.test(url) || headers.cookie !== undefined) ? ['an id went on'] : []),
    ],
  );
  return problems;
}
