/**
 * A disk that is really full (a tmpfs of two megabytes, where one may be mounted): under the records, the decision log, the spool. What
 * cannot be kept is refused and says so, what was acknowledged stays, and all goes on by itself when there is room.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigInput } from '../../src/config-schema.ts';
import { verifyEvidence } from '../../src/ops/evidence-log-verify.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import type { Answer } from '../support/send.ts';
import { canMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';

type Line = readonly [string, string];
const GERMANY: Line = ['x-test-country', 'DE'];
const CALIFORNIA: Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
const PURPOSES = { analytics: true };

describe.skipIf(!canMount())('a full disk', () => {
  let disk: SmallDisk;
  let test: TestGateway;

  beforeEach(() => {
    disk = mountSmallDisk(2) as SmallDisk;
  });
  afterEach(async () => {
    disk.makeRoom();
    await test.close();
    disk.remove();
  });

  async function start(options: ConfigInput): Promise<void> {
    test = await startGateway({
      routes: [
        { path: '/hit', purposes: ['analytics'] },
        { path: '/at-once', purposes: ['analytics'], respond: 'pixel' },
      ],
      consent: { notices: { n: { hash: 'h', purposes: ['analytics'] } } },
      ...options,
    });
  }

  function decide(method: 'POST' | 'DELETE', cookie = '', purposes: object = PURPOSES): Promise<Answer> {
    return test.send({
      method,
      target: '/consent',
      headers: [
        GERMANY,
        ['Sec-Fetch-Site', 'same-origin'],
        ...(method === 'POST' ? [['Content-Type', 'application/json'] as const] : []),
        ...(cookie === '' ? [] : [['Cookie', cookie] as const]),
      ],
      body: method === 'POST' ? JSON.stringify({ purposes, action: 'save', notice: { version: 'n' } }) : null,
    });
  }
  const cookieOf = (answer: Answer): string => (answer.header('set-cookie') ?? '').split(';')[0] ?? '';

  /** How many hits of a German with this cookie leave: 0 or 1. */
  async function countLeaving(cookie: string): Promise<number> {
    test.collector.forget();
    await test.send({ target: '/hit', headers: [GERMANY, ['Cookie', cookie]] });
    return test.collector.arrived.length;
  }
  const metric = async (line: string): Promise<number> =>
    Number(new RegExp(`^${line.replace(/[{}]/g, '\\$&')} (\\d+)`, 'm').exec(await test.gateway.registry.metrics())?.[1] ?? 0);

  describe('under the records', () => {
    beforeEach(() => start({ store: `lmdb:${disk.path}` }));

    /** A page of the database may have room for one more; five in a row are a full disk. */
    async function decideUntilRefused(acknowledged: string[]): Promise<void> {
      for (let refused = 0; refused < 5; ) {
        const answer = await decide('POST');
        expect(answer.status).toBeOneOf([201, 503]);
        if (answer.status === 201) acknowledged.push(cookieOf(answer));
        else refused++;
      }
    }

    it('refuses decisions with 503, loses none that it took, and takes them again when there is room', async () => {
      const acknowledged = [cookieOf(await decide('POST'))];
      disk.fill();
      await decideUntilRefused(acknowledged);
      // Whom it knows is served as before; whom it could not write down has said nothing.
      for (const cookie of acknowledged) expect(await countLeaving(cookie)).toBe(1);
      expect(await countLeaving('')).toBe(0);
      disk.makeRoom();
      await vi.waitFor(async () => expect((await decide('POST')).status).toBe(201));
      for (const cookie of acknowledged) expect(await countLeaving(cookie)).toBe(1);
    });

    it('refuses a withdrawal loudly, and the cookie that comes with the refusal lowers what leaves at once', async () => {
      const acknowledged = [cookieOf(await decide('POST'))];
      disk.fill();
      await decideUntilRefused(acknowledged);
      const [granted = ''] = acknowledged;
      const refused = await decide('DELETE', granted);
      expect(refused.status).toBe(503);
      expect(cookieOf(refused)).not.toBe('');
      expect(await countLeaving(cookieOf(refused))).toBe(0);
      disk.makeRoom();
      await vi.waitFor(async () => expect((await decide('DELETE', granted)).status).toBeOneOf([200, 204]));
      expect(await countLeaving(granted)).toBe(0);
    });
  });

  describe('under the decision log', () => {
    const hit = (): Promise<Answer> => test.send({ target: '/hit', headers: CALIFORNIA });

    it('lets nothing leave where evidence is required, and hits leave again when there is room', async () => {
      const dir = join(disk.path, 'evidence');
      await start({ store: 'memory:', evidence: { mode: 'required', dir } });
      expect((await hit()).status).toBe(200);
      const before = test.collector.arrived.length;
      disk.fill();
      // What the last page of the file still takes is written, and may leave.
      await vi.waitFor(async () => expect((await hit()).status).toBe(204), { timeout: 15_000, interval: 1 });
      const leftUntilFull = test.collector.arrived.length;
      for (let i = 0; i < 20; i++) expect((await hit()).status).toBe(204);
      expect(test.collector.arrived).toHaveLength(leftUntilFull);
      expect(await metric('consentry_faults_total{route="/hit",reason="evidence"}')).toBeGreaterThanOrEqual(21);
      expect(await metric('consentry_evidence_failing')).toBe(1);
      disk.makeRoom();
      await vi.waitFor(async () => expect((await hit()).status).toBe(200), { timeout: 5_000 });
      const left = test.collector.arrived.length;
      expect(left).toBeGreaterThan(before);
      test.server.closeAllConnections();
      await test.gateway.close();
      const { problems, lines } = await verifyEvidence(dir);
      expect(problems).toEqual([]);
      expect(lines).toBeGreaterThan(left);
    });

    it('holds no hit up where evidence is only kept, and keeps it again when there is room', async () => {
      const dir = join(disk.path, 'evidence');
      await start({ store: 'memory:', evidence: { mode: 'all', dir } });
      mkdirSync(dir, { recursive: true });
      disk.fill();
      for (let i = 0; i < 20; i++) expect((await hit()).status).toBe(200);
      await vi.waitFor(async () => expect(await metric('consentry_evidence_failing')).toBe(1));
      expect((await hit()).status).toBe(200);
      disk.makeRoom();
      await vi.waitFor(async () => expect(await metric('consentry_evidence_failing')).toBe(0), { timeout: 5_000 });
      test.server.closeAllConnections();
      await test.gateway.close();
      const { problems, lines } = await verifyEvidence(dir);
      expect(problems).toEqual([]);
      expect(lines).toBe(21 + 2);
    });
  });

  it('under the spool: what finds no room is counted as lost, the visitor is answered, and later hits arrive', async () => {
    await start({ store: `lmdb:${disk.path}`, upstream: 'http://127.0.0.1:1' });
    disk.fill();
    const hit = (): Promise<Answer> => test.send({ target: `/at-once?${'x'.repeat(2_000)}`, headers: CALIFORNIA });
    await vi.waitFor(
      async () => {
        expect((await hit()).status).toBe(200);
        expect(await metric('consentry_deliveries_total{collector="",result="lost"}')).toBeGreaterThan(0);
      },
      { timeout: 10_000, interval: 1 },
    );
    disk.makeRoom();
    const kept = await metric('consentry_spool_hits');
    await vi.waitFor(
      async () => {
        expect((await hit()).status).toBe(200);
        expect(await metric('consentry_spool_hits')).toBeGreaterThan(kept);
      },
      { timeout: 10_000 },
    );
    // Nor does the end wait for a disk.
    disk.fill();
    test.server.closeAllConnections();
    await test.gateway.close();
  });
});
