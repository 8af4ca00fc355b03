import { isUtf8 } from 'node:buffer';
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
import { scrubBody } from '../../../src/hit/scrub-body.ts';
import { LIMITS } from '../../../src/hit/scrub-context.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { NO_ADVERTISING, type RequestOptions, scrubRequest } from '../../support/scrub.ts';
import { compileSmall, contextOf, reportOf } from '../../support/scrub-context.ts';

const profiles = loadAllProfiles();

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
      `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(',')}}`,
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

const small = compileSmall(`
click-ids: advertising
endpoints: [/collect]
fields:
  - { names: [w, gzip], class: utility, type: slug }
  - { names: [length], class: utility, type: integer }
`);

/** A body of a hit that is forwarded in part, as it leaves, or why it does not. */
function leaveBody(
  body: Buffer | string,
  encoding = '',
  type = '',
  options: RequestOptions = { actions: NO_ADVERTISING },
): string | Buffer {
  const outcome = scrubBody(contextOf(small, options), Buffer.from(body), type, encoding);
  if (!outcome.ok) return outcome.reason;
  return isUtf8(outcome.body) ? outcome.body.toString() : outcome.body;
}

const base64 = (text: string, times: number): string =>
  times === 0 ? text : base64(Buffer.from(text).toString('base64'), times - 1);
const gzip = (text: string, times: number): Buffer =>
  Array.from({ length: times }).reduce<Buffer>((inner) => gzipSync(inner), Buffer.from(text));

describe('codings of a body', () => {
  const form = 'w=a&user=anna77';
  it.each([
    ['none', form, 'identity', 'w=a'],
    ['none, in words with spaces and commas', form, ' , Identity ,', 'w=a'],
    ['a list that is not there', form, 'gzip, x-gzip ,GZIP,gzip,deflate', 'w=a'],
    ['a longer list that is not there', form, 'gzip,gzip,gzip,gzip,gzip,gzip', 'body-limits'],
    ['one of them unknown', form, 'gzip, zstd', 'body-not-understood'],
    ['base64', base64(form, 1), '', base64('w=a', 1)],
    ['base64 between line ends', `\n${base64(form, 1)}\r\n`, '', base64('w=a', 1)],
    ['base64, four times', base64(form, 4), '', base64('w=a', 4)],
    ['base64, five times', base64(form, 5), '', 'body-limits'],
  ] as const)('%s', (_, body, encoding, left) => {
    expect(leaveBody(body, encoding)).toBe(left);
  });

  it('are undone in their order, and done again', () => {
    const open = (body: Buffer | string): string => brotliDecompressSync(gunzipSync(body)).toString();
    expect(open(leaveBody(gzipSync(brotliCompressSync(form)), 'br, gzip'))).toBe('w=a');
    expect(brotliDecompressSync(leaveBody(brotliCompressSync(form), 'br, x-gzip')).toString()).toBe('w=a');
    expect(leaveBody(brotliCompressSync(form), 'gzip, br')).toEqual(leaveBody(brotliCompressSync(form), 'br'));
    expect(leaveBody(gzipSync(brotliCompressSync(form)), 'gzip')).toBe('opaque');
    expect(gunzipSync(gunzipSync(gunzipSync(gunzipSync(leaveBody(gzip(form, 4)))))).toString()).toBe('w=a');
    expect(leaveBody(gzip(form, 5))).toBe('body-limits');
  });

  it('stay as they came where nothing goes', () => {
    for (const body of ['', 'w=a', '\ufeffw=a', ` ${base64('w=abcdefg', 2)}\n`]) expect(leaveBody(body)).toBe(body);
    const packed = gzipSync('w=a', { level: 1 });
    const outcome = scrubBody(contextOf(small, { actions: NO_ADVERTISING }), packed, '', 'gzip');
    expect(outcome.ok && outcome.body).toBe(packed);
  });

  it('leave a byte order mark to a forwarded hit only', () => {
    expect(leaveBody(`\ufeff${form}`)).toBe('\ufeffw=a');
    expect(leaveBody(`\ufeff${form}`, '', '', {})).toBe('w=a');
  });
});

describe('lines and documents of a body', () => {
  it.each([
    ['JSON behind spaces', ' \n {"w":"a","user":"anna77"}', ' \n {"w":"a"}'],
    ['a list', '[{"w":"a","user":"anna77"}]', '[{"w":"a"}]'],
    ['JSON on many lines', '{\n"w":"a",\n"o":{"user":"anna77"}\n,\n"length":1\n}', '{\n"w":"a"\n,\n"length":1\n}'],
    ['JSON lines', '{"w":"a","user":"anna77"}\n{"w":"b"}', '{"w":"a"}\n{"w":"b"}'],
    ['JSON lines with spaces around', ' {"w":"a","user":"anna77"} \r\n  \r\n {"w":"b"}\n', ' {"w":"a"} \r\n  \r\n {"w":"b"}\n'],
    ['JSON lines of which one is cut off', '{"w":"a"}\n{"w":"b"', 'body-not-understood'],
    ['JSON lines that begin with a list', '[1]\n{"w":"a"}\n{"w":"b"}', 'body-not-understood'],
    ['lengths in JSON lines', '{"w":"a","length":9}\n{"w":"b"}', '{"w":"a"}\n{"w":"b"}'],
    ['lengths in a document', '{"w":"a","length":9}', '{"w":"a","length":9}'],
    ['queries on lines', '?w=a&user=anna77\r\n  \r\nw=b&user=anna77\n', '?w=a\r\n  \r\nw=b\n'],
    ['a query that goes', 'user=anna77', ''],
    ['an element', '<w a=1>', 'body-not-understood'],
    ['a word', 'w', 'body-not-understood'],
  ])('%s', (_, body, left) => {
    expect(leaveBody(body)).toBe(left);
  });

  it('are named in the report by what they are', () => {
    const report = (body: string): string[] => {
      const ctx = contextOf(small, { actions: NO_ADVERTISING });
      scrubBody(ctx, Buffer.from(body), '', '');
      return reportOf(ctx);
    };
    expect(report('{"user":"anna77"}')).toEqual(['body:$.user direct stripped']);
    expect(report('user=anna77')).toEqual(['body:form:user direct stripped']);
  });

  it('are lines for as long as they are read', () => {
    const ctx = contextOf(small, { actions: NO_ADVERTISING });
    expect(scrubBody(ctx, Buffer.from('{"w":"a"}\n{"w":"b"}'), '', '').ok).toBe(true);
    expect(ctx.isNdjson).toBe(false);
  });

  it('of more fields than the limit are refused', () => {
    for (const body of ['w=a&'.repeat(LIMITS.count + 1), 'w=a\n'.repeat(LIMITS.count + 1)])
      expect(leaveBody(body)).toBe('body-limits');
    expect(leaveBody('w=a&'.repeat(LIMITS.count))).toBe('w=a&'.repeat(LIMITS.count));
  });

  it('of more bytes than the limit are refused', () => {
    const longest = `w=${'a'.repeat(LIMITS.bytes - 2)}`;
    expect(leaveBody(longest)).toBe(longest);
    expect(leaveBody(`${longest}a`)).toBe('body-limits');
  });

  it.each([
    ['by its type', 'w=a', 'multipart/form-data; boundary=x'],
    ['by its type behind a space', 'w=a', ' Multipart/mixed'],
    ['by its boundary', '--xyz\r\nContent-Disposition: form-data; name="w"\r\n\r\na', 'text/plain'],
    ['by its boundary before a bare line end', '--xyz\ncontent-disposition: form-data; name="w"\n\na', ''],
  ])('in parts are refused: %s', (_, body, type) => {
    expect(leaveBody(body, '', type)).toBe('multipart');
  });

  it('are read where they only seem to be in parts', () => {
    expect(leaveBody('w=a', '', 'text/plain; of=multipart/mixed')).toBe('w=a');
    expect(leaveBody('w=a--xyz\ncontent-disposition: user=anna77')).toBe('w=a--xyz\n');
  });
});
