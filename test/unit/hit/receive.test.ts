import { describe, expect, it } from 'vitest';
import { receiveHit } from '../../../src/hit/receive.ts';
import { HeaderTable } from '../../../src/upstream/headers.ts';
import { fakeRequest, type RequestShape, received } from '../../support/hits.ts';

function refusal(shape: RequestShape): unknown {
  const hit = receiveHit(fakeRequest(shape), new HeaderTable());
  return typeof hit === 'string' ? hit : 'accepted';
}

describe('receiveHit', () => {
  it('reads what the later steps need in one pass, whatever the case of the names', () => {
    const hit = received({
      url: '/collect?v=2',
      headers: [
        ['Host', 'Shop.Example:8080'],
        ['COOKIE', 'a=1'],
        ['cookie', 'b=2'],
        ['X-Forwarded-For', '1.1.1.1'],
        ['x-forwarded-for', '2.2.2.2'],
        ['Origin', 'https://shop.example'],
        ['Sec-Fetch-Dest', 'image'],
      ],
    });
    expect(hit).toMatchObject({
      method: 'GET',
      path: '/collect',
      query: 'v=2',
      host: 'shop.example',
      hostHeader: 'Shop.Example:8080',
      cookie: 'a=1; b=2',
      forwardedFor: '1.1.1.1, 2.2.2.2',
      origin: 'https://shop.example',
      destination: 'image',
      peer: '192.0.2.1',
      bodyLength: 0,
      gpc: false,
    });
  });

  it.each([
    [[['Sec-GPC', '1']], true],
    [
      [
        ['Sec-GPC', '0'],
        ['sec-gpc', '1'],
      ],
      true,
    ],
    [[['Sec-GPC', '0, 1']], true],
    [[['Sec-GPC', '0']], false],
    [[['Sec-GPC', 'true']], false],
    [[['Sec-GPC', '11']], false],
  ] as const)('sees Sec-GPC in %j: %s', (headers, gpc) => {
    expect(received({ headers }).gpc).toBe(gpc);
  });

  it.each<[string, RequestShape]>([
    ['bad-version', { version: '2.0' }],
    ['method-not-allowed', { method: 'TRACE' }],
    ['method-not-allowed', { method: 'PUT' }],
    ['bad-target', { url: '/a%2fb' }],
    [
      'bad-header',
      {
        headers: [
          ['Host', 'a'],
          ['host', 'b'],
        ],
      },
    ],
    ['bad-header', { headers: [['Host', 'user@evil']] }],
    [
      'bad-header',
      {
        headers: [
          ['Content-Type', 'text/plain'],
          ['content-type', 'application/json'],
        ],
      },
    ],
    ['bad-header', { headers: [['Sec_GPC', '1']] }],
    ['bad-framing', { headers: [['Transfer-Encoding', 'gzip, chunked']] }],
    ['bad-framing', { headers: [['Transfer-Encoding', '']] }],
    ['bad-framing', { version: '1.0', headers: [['Transfer-Encoding', 'chunked']] }],
    [
      'bad-framing',
      {
        headers: [
          ['Transfer-Encoding', 'chunked'],
          ['Content-Length', '3'],
        ],
      },
    ],
    ['bad-framing', { headers: [['Content-Length', '+3']] }],
    ['too-many-headers', { headers: Array.from({ length: 1000 }, (_, i) => [`x-${i}`, '1'] as const) }],
  ])('refuses as %s: %j', (code, shape) => {
    expect(refusal(shape)).toBe(code);
  });

  it('takes a body that is announced or chunked', () => {
    expect(received({ method: 'POST', headers: [['Content-Length', '12']] }).bodyLength).toBe(12);
    expect(received({ method: 'POST', headers: [['Transfer-Encoding', 'chunked']] }).bodyLength).toBeNull();
  });

  it('remembers which fields the Connection header claims', () => {
    const hit = received({
      headers: [
        ['Connection', 'keep-alive, X-Secret'],
        ['connection', 'Cookie'],
      ],
    });
    expect([...(hit.connectionTokens ?? [])]).toEqual(['keep-alive', 'x-secret', 'cookie']);
  });
});
