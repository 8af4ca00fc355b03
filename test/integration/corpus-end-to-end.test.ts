/** Recorded hits of real trackers, sent through a whole gateway: dropped, forwarded byte for byte, or anonymized. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantEverything } from '../support/consent.ts';
import {
  bodyOf,
  CORPUS_HITS,
  type CorpusHit,
  comparedHeaders,
  findLeaks,
  pathOf,
  profileOf,
  requestOf,
} from '../support/corpus-hits.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const hits = CORPUS_HITS.filter(({ vendor }) => ['ga4', 'meta', 'matomo', 'snowplow', 'own-pixel'].includes(vendor));

/** One host per hit, so that vendors with the same path do not meet. */
const hostOf = (hit: CorpusHit): string => `${hit.id}.example`;

const routes = hits.map((hit) => ({
  path: pathOf(hit),
  host: hostOf(hit),
  vendor: profileOf(hit),
  recipient: 'processor' as const,
  ...(hit.vendor === 'own-pixel' && { purposes: ['analytics' as const] }),
}));

function requestAt(hit: CorpusHit, country: string, cookie: string | null): ReturnType<typeof requestOf> {
  const request = requestOf(hit, [['x-test-country', country]]);
  const headers = (request.headers ?? []).map(([name, value]): [string, string] =>
    name === 'host' ? [name, hostOf(hit)] : name === 'cookie' && cookie !== null ? [name, `${value}; ${cookie}`] : [name, value],
  );
  if (!headers.some(([name]) => name === 'host')) headers.unshift(['host', hostOf(hit)]);
  if (cookie !== null && !headers.some(([name]) => name === 'cookie')) headers.push(['cookie', cookie]);
  return { ...request, headers };
}

const OWN_NO = ['ga4-denied-0', 'meta-noscript-img', 'meta-pixel-ldu-capig', 'meta-pixel-ldu-formpost', 'snowplow-anon-0'];

const ANONYMIZE_EVERYWHERE = `schema: 1
id: everywhere
title: Everything anonymized, for this test
version: 2026.11.0
effective: 2018-05-25
model: none
match: ["*", "ZZ"]
purposes:
  necessary:       { granted: anonymize, unknown: anonymize, denied: anonymize }
  functional:      { granted: anonymize, unknown: anonymize, denied: anonymize }
  analytics:       { granted: anonymize, unknown: anonymize, denied: anonymize }
  personalization: { granted: anonymize, unknown: anonymize, denied: anonymize }
  advertising:     { granted: anonymize, unknown: anonymize, denied: anonymize }
signals:
  record: { may: [grant, deny] }
anonymize: { ip: drop, ids: drop, join-ids: keep, user-agent: family, device: coarse, page: path, text: drop, referrer: origin, undeclared: drop, time: exact, geo: country }
consent: { valid-for: 180d, record-refusals: false }
failure: { store: denied, geo: "ZZ", evidence: drop }
`;

describe.skipIf(hits.length === 0)(`${hits.length} recorded hits`, () => {
  describe('in Germany', () => {
    let test: TestGateway;
    beforeAll(async () => {
      test = await startGateway({
        routes,
        consent: { notices: { 'n-1': { hash: 'x', purposes: ['functional', 'analytics', 'personalization', 'advertising'] } } },
      });
    });
    afterAll(() => test.close());

    it('without consent reach nobody, and each gets a success', async () => {
      for (const hit of hits) {
        const answer = await test.send(requestAt(hit, 'DE', null));
        expect([hit.id, answer.status]).toEqual([hit.id, expect.toBeOneOf([200, 202, 204])]);
        expect(answer.header('cache-control')).toBe('private, no-store');
      }
      expect(test.collector.arrived).toEqual([]);
    });

    it('with consent arrive byte for byte, but for hits whose own signal says no', async () => {
      const cookie = await grantEverything(test, { country: 'DE', notice: 'n-1' });
      const refused: string[] = [];
      for (const hit of hits) {
        test.collector.arrived.length = 0;
        await test.send(requestAt(hit, 'DE', cookie));
        const [arrived] = test.collector.arrived;
        const request = requestOf(hit);
        if (arrived === undefined || arrived.target !== request.target || !arrived.body.equals(bodyOf(hit) ?? Buffer.alloc(0))) {
          refused.push(hit.name);
          continue;
        }
        expect(arrived.method).toBe(hit.method);
        const sent = (request.headers ?? []).flat();
        expect([hit.id, comparedHeaders(arrived.rawHeaders)]).toEqual([hit.id, comparedHeaders(sent)]);
        const address = hit.headers['x-forwarded-for'];
        expect(arrived.headers['x-forwarded-for']).toBe(address ?? '127.0.0.1');
        expect(arrived.headers['consentry-decision']).toMatch(/^forward; policy=eu@/);
      }
      // Snowplow's SP-Anonymous, Google's gcs=G100, Meta's limited data use: each a no of the hit's own.
      expect(refused.sort()).toEqual(OWN_NO);
    });
  });

  it('anonymized hold no identifier, and nearly all arrive', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'consentry-anonymize-'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'everywhere.yaml'), ANONYMIZE_EVERYWHERE);
    const faults: string[] = [];
    const test = await startGateway(
      { routes, policies: folder },
      {
        witness: (evidence) =>
          void (evidence.fault !== null && faults.push(`${evidence.vendor} ${evidence.route}: ${evidence.fault}`)),
      },
    );
    const leaks: string[] = [];
    let count = 0;
    try {
      for (const hit of hits) {
        test.collector.arrived.length = 0;
        await test.send(requestAt(hit, 'DE', null));
        for (const arrived of test.collector.arrived) {
          count++;
          for (const leak of findLeaks(hit, arrived)) leaks.push(`${hit.id} ${hit.name}: ${leak}`);
        }
      }
    } finally {
      await test.close();
    }
    expect(leaks).toEqual([]);
    expect({ faults, share: count / hits.length }).toEqual({ faults, share: expect.toSatisfy((share: number) => share >= 0.95) });
  });
});
