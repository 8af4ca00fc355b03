import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../../src/hit/guard.ts';
import type { ScrubOutcome } from '../../../src/hit/outgoing.ts';
import { scrubHit } from '../../../src/hit/scrub.ts';
import { loadAllProfiles, NO_ADVERTISING, type RequestOptions, scrubRequest } from '../../support/scrub.ts';

const profiles = await loadAllProfiles();

function post(vendor: string, body: Buffer | string, headers: readonly string[] = [], options?: RequestOptions): ScrubOutcome {
  const profile = profiles.get(vendor);
  if (profile === undefined) throw new Error(vendor);
  return scrubHit(scrubRequest(profile, { method: 'POST', target: '/collect', headers, body }, options));
}

function bodyOf(outcome: ScrubOutcome): Buffer {
  if (!outcome.ok || outcome.hit.body === null) throw new Error(outcome.ok ? 'no body' : outcome.reason);
  return outcome.hit.body;
}

const EVENT = '{"api_key":"phc_x","event":"order","properties":{"$user_id":"anna@example.com","$lib":"web"}}';
const CLEAN = '{"api_key":"phc_x","event":"order","properties":{"$lib":"web"}}';

describe('bodies', () => {
  it.each([
    ['plain JSON called text', EVENT, [], (body: Buffer) => body.toString()],
    ['JSON called a form', EVENT, ['Content-Type', 'application/x-www-form-urlencoded'], (body: Buffer) => body.toString()],
    ['gzip that nobody declared', gzipSync(EVENT), ['Content-Type', 'text/plain'], (body: Buffer) => gunzipSync(body).toString()],
    ['gzip', gzipSync(EVENT), ['Content-Encoding', 'gzip'], (body: Buffer) => gunzipSync(body).toString()],
    ['deflate', deflateSync(EVENT), ['Content-Encoding', 'deflate'], (body: Buffer) => inflateSync(body).toString()],
    ['raw deflate', deflateRawSync(EVENT), ['Content-Encoding', 'deflate'], (body: Buffer) => inflateRawSync(body).toString()],
    ['brotli', brotliCompressSync(EVENT), ['Content-Encoding', 'br'], (body: Buffer) => brotliDecompressSync(body).toString()],
    ['a coding that is declared and not there', EVENT, ['Content-Encoding', 'gzip'], (body: Buffer) => body.toString()],
    ['base64', Buffer.from(EVENT).toString('base64'), [], (body: Buffer) => Buffer.from(body.toString(), 'base64').toString()],
    [
      'base64 of gzip',
      gzipSync(EVENT).toString('base64'),
      [],
      (body: Buffer) => gunzipSync(Buffer.from(body.toString(), 'base64')).toString(),
    ],
    ['JSON behind a byte order mark', `\ufeff${EVENT}`, [], (body: Buffer) => body.toString()],
    ['JSON lines', `${EVENT}\n${EVENT}\n`, [], (body: Buffer) => body.toString().split('\n')[1]],
    [
      'JSON in base64 in a form',
      `data=${encodeURIComponent(Buffer.from(EVENT).toString('base64'))}`,
      [],
      (body: Buffer) => Buffer.from(new URLSearchParams(body.toString()).get('data') ?? '', 'base64').toString(),
    ],
  ] as const)('%s leaves in the form it came in', (_, body, headers, open) => {
    const outcome = post('posthog', body, headers);
    expect(open(bodyOf(outcome))).toBe(CLEAN);
    expect(outcome.ok && guardHit(outcome.hit, outcome.forbidden)).toEqual({ ok: true });
  });

  it('lines of queries keep their ends', () => {
    const outcome = post('ga4', 'en=a&tid=G-1&uid=u-48213\r\nen=b&ep.user_data.email=a@b.example\r\n');
    expect(bodyOf(outcome).toString()).toBe('en=a&tid=G-1&npa=1&gcs=G100\r\nen=b\r\n');
  });

  it('query strings in a JSON list are hits', () => {
    const body =
      '{"requests":["?idsite=3&rec=1&uid=u-48213","?idsite=3&rec=1&e_c=a&_id=e822a5927d60b2e3"],"token_auth":"0123456789abcdef0123456789abcdef"}';
    expect(bodyOf(post('matomo', body)).toString()).toBe('{"requests":["?idsite=3&rec=1","?idsite=3&rec=1&e_c=a"]}');
  });

  it('contexts in base64 stay valid, in their alphabet', () => {
    const context = {
      schema: 'iglu:com.acme/contexts/jsonschema/1-0-0',
      data: [{ schema: 'iglu:com.acme/user/jsonschema/1-0-0', data: { email: 'anna@example.com' } }],
    };
    const body = JSON.stringify({
      schema: 'iglu:com.acme/payload_data/jsonschema/1-0-4',
      data: [{ e: 'pv', cx: Buffer.from(JSON.stringify(context)).toString('base64url') }],
    });
    const out = JSON.parse(bodyOf(post('snowplow', body)).toString());
    expect(JSON.parse(Buffer.from(out.data[0].cx, 'base64url').toString())).toEqual({
      ...context,
      data: [{ ...context.data[0], data: {} }],
    });
  });

  it('an envelope tells no lengths that are no longer true', () => {
    const body =
      '{"event_id":"523c810020f0474eb48ff77e9b09a0b6"}\n{"type":"event","length":99}\n{"level":"info","user":{"email":"anna@example.com"}}';
    expect(bodyOf(post('sentry', body)).toString().split('\n')[1]).toBe('{"type":"event"}');
  });

  it.each([
    ['multipart', Buffer.from('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--'), [], 'multipart'],
    ['multipart by its type', Buffer.from('x'), ['Content-Type', 'multipart/form-data; boundary=x'], 'multipart'],
    ['XML', '<?xml version="1.0"?><r id="a=1"/>', [], 'body-not-understood'],
    ['binary', Buffer.from([0x80, 0x81, 0x82, 0xff]), [], 'opaque'],
    ['JSON that is no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), [], 'opaque'],
    ['JSON cut off', '{"a":1', [], 'body-not-understood'],
    ['a coding nobody knows', EVENT, ['Content-Encoding', 'zstd'], 'body-not-understood'],
    ['gzip cut off', gzipSync(EVENT).subarray(0, 20), [], 'body-not-understood'],
    ['words', 'hello', [], 'body-not-understood'],
    ['deep JSON', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, [], 'body-limits'],
    ['many members', JSON.stringify(Array.from({ length: 20_000 }, () => 1)), [], 'body-limits'],
    ['many fields', Array.from({ length: 100_000 }, (_, i) => `k${i}=1`).join('&'), [], 'body-limits'],
    ['a bomb', gzipSync(Buffer.alloc(50_000_000, '{"a":1},')), [], 'body-limits'],
    [
      'a bomb in layers',
      Array.from({ length: 8 }).reduce<Buffer>((inner) => gzipSync(inner), Buffer.from('{}')),
      [],
      'body-limits',
    ],
  ] as const)('%s is refused', (_, body, headers, reason) => {
    for (const options of [undefined, { actions: NO_ADVERTISING }]) {
      expect(post('posthog', body, headers, options)).toMatchObject({ ok: false, reason });
    }
  });

  it.each(['dl', 'ep.x', 'never_declared', 'cid', '%25'])(
    'of a megabyte of percent signs in %s nothing leaves an anonymized hit',
    (name) => {
      const outcome = post('ga4', `tid=G-ABC123&en=x&${name}=${'%25'.repeat(333_000)}`);
      expect(bodyOf(outcome).toString()).toBe(`tid=G-ABC123&en=x${name === 'cid' ? '&cid=555.1' : ''}&npa=1&gcs=G100`);
    },
  );

  it.runIf(process.env.CONSENTRY_LONG === '1')('hostile input costs no more than 50 ms and 32 MiB', () => {
    const inputs = [
      gzipSync(Buffer.alloc(200_000_000, '{"a":1},')),
      '['.repeat(10_000),
      Array.from({ length: 100_000 }, (_, i) => `k${i}=1`).join('&'),
      `dl=${'%25'.repeat(333_000)}`,
    ];
    for (const input of inputs) {
      post('ga4', input);
      const before = process.memoryUsage();
      const start = process.cpuUsage();
      post('ga4', input);
      expect(process.cpuUsage(start).user / 1000).toBeLessThan(50);
      const after = process.memoryUsage();
      expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(32 * 1024 * 1024);
    }
  });
});
