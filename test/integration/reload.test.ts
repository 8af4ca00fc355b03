/** Policy files edited while hits arrive: no hit fails, each is judged by one whole set, and a broken file changes nothing. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMetric, readMetrics } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const LONG = process.env.CONSENTRY_LONG === '1';
/** The promise is a second; a busy machine gets more where timings are not what is tested. */
const COUNTS_WITHIN_MS = LONG ? 1_000 : 5_000;

/** Version 2026.N.0 gives one action to both purposes and says so in a title; the sets agree in nothing. */
const ACTIONS = ['forward', 'anonymize', 'drop'] as const;
const actionOf = (version: number): (typeof ACTIONS)[number] => ACTIONS[version % 3] ?? 'drop';

function policy(version: number, extra = ''): string {
  const action = actionOf(version);
  return `schema: 1
id: here
title: For this test
version: 2026.${version}.0
effective: 2018-05-25
model: none
match: ["*", "ZZ"]
purposes:
  necessary:       { granted: forward, unknown: forward, denied: forward }
  functional:      { granted: ${action}, unknown: ${action}, denied: ${action} }
  analytics:       { granted: ${action}, unknown: ${action}, denied: ${action} }
  personalization: { granted: ${action}, unknown: ${action}, denied: ${action} }
  advertising:     { granted: ${action}, unknown: ${action}, denied: ${action} }
signals:
  record: { may: [grant, deny] }
anonymize: { ip: drop, ids: drop, join-ids: keep, user-agent: family, device: coarse, page: path, text: drop, referrer: origin, undeclared: drop, time: exact, geo: region }
consent: { valid-for: 180d, record-refusals: false }
failure: { store: denied, geo: "ZZ", evidence: drop }
${extra}`;
}

const outcomeOf = (version: number): string => (actionOf(version) === 'drop' ? 'dropped' : `${actionOf(version)} by ${version}`);

describe('policies edited under load', () => {
  let folder: string;
  let file: string;
  let test: TestGateway;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-reload-'));
    file = join(folder, 'here.yaml');
    writeFileSync(file, policy(0));
    test = await startGateway({
      policies: folder,
      routes: ['/c', '/probe'].map((path) => ({ path, purposes: ['analytics', 'advertising'] })),
    });
  });
  afterEach(async () => {
    await test.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = {
    inPlace: (text: string) => writeFileSync(file, text),
    byRename(text: string) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
  };
  /** What became of a hit: the version that judged it, or that it was dropped. */
  const judged = (decision: string | undefined): string => {
    const [, action, version] = /^(\w+); policy=here@2026\.(\d+)\.0#/.exec(decision ?? '') ?? [];
    return action === undefined ? 'unreadable' : `${action} by ${version}`;
  };
  const isWhole = (verdict: string): boolean => {
    const [, action, version] = /^(\w+) by (\d+)$/.exec(verdict) ?? [];
    return action === actionOf(Number(version));
  };
  /** What becomes of a hit that is sent now. */
  const probe = async (): Promise<string> => {
    await test.send({ target: '/probe' });
    const arrived = test.collector.arrived.filter(({ target }) => target === '/probe').at(-1);
    const verdict = arrived === undefined ? 'dropped' : judged(String(arrived.headers['consentry-decision']));
    test.collector.arrived = test.collector.arrived.filter(({ target }) => target !== '/probe');
    return verdict;
  };
  const lastLog = (message: string) => test.logged.filter((line) => line.includes(message)).at(-1) ?? '';

  it('half of them broken: no hit fails, none is judged by a mixture, the newest good one counts', {
    timeout: 180_000,
  }, async () => {
    let stop = false;
    const statuses = new Map<number, number>();
    const verdicts = new Map<string, number>();
    const sender = async (id: number) => {
      for (let n = 0; !stop; n++) {
        const { status } = await test.send({ target: `/c?s=${id}&n=${n}` });
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const isRefused = async () => findMetric(await readMetrics(test.gateway), 'consentry_policy_last_reload_success') === 0;
    const senders = [0, 1, 2, 3].map(sender);
    // Each round is two reloads; a version has two digits at most.
    const rounds = LONG ? 99 : 5;
    try {
      for (let version = 1; version <= rounds; version++) {
        write[version % 2 === 0 ? 'byRename' : 'inPlace'](policy(version).replace('forward, unknown', 'foward, unknown'));
        await expect.poll(isRefused, { timeout: COUNTS_WITHIN_MS, interval: 20 }).toBe(true);
        expect(await probe()).toBe(outcomeOf(version - 1));
        write[version % 2 === 0 ? 'inPlace' : 'byRename'](policy(version));
        const since = Date.now();
        await expect.poll(() => probe(), { timeout: COUNTS_WITHIN_MS, interval: 20 }).toBe(outcomeOf(version));
        expect(Date.now() - since).toBeLessThan(COUNTS_WITHIN_MS);
        for (const { headers } of test.collector.arrived) {
          const verdict = judged(String(headers['consentry-decision']));
          verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        }
        test.collector.forget();
      }
    } finally {
      stop = true;
      await Promise.all(senders);
    }
    expect([...statuses.keys()].sort()).toEqual([200, 204]);
    expect([...verdicts.keys()].filter((verdict) => !isWhole(verdict))).toEqual([]);
    expect(verdicts.size).toBeGreaterThanOrEqual(Math.floor((rounds * 2) / 3));
  });

  it.each([
    ['no YAML', policy(1).replace('model: none', 'model: [none'), /here\.yaml:\d+:\d+: /],
    ['an unknown key', policy(1).replace('model: none', 'modle: none'), /here\.yaml:6:1: .*modle.*model/],
    ['an action that is none', policy(1).replaceAll('anonymize,', 'anonymise,'), /here\.yaml:1\d:\d+: .*anonymise/],
    [
      'a file whose own test fails',
      policy(1, 'tests:\n  - name: wrong\n    given: { country: "DE" }\n    expect: { analytics: drop }\n'),
      /here\.yaml:\d+:\d+: .*wrong/,
    ],
    ['nothing at all', '', /here\.yaml:1:1: /],
  ])('%s leaves the old set in force, is said with its place, and is mended', async (_what, broken, said) => {
    write.inPlace(broken);
    await expect.poll(() => lastLog('the policies were not loaded'), { timeout: COUNTS_WITHIN_MS }).toMatch(said);
    expect(findMetric(await readMetrics(test.gateway), 'consentry_policy_last_reload_success')).toBe(0);
    expect(findMetric(await readMetrics(test.gateway), 'consentry_policy_reloads_total{result="failure"}')).toBe(1);
    expect(await probe()).toBe('forward by 0');

    write.byRename(policy(4));
    await expect.poll(probe, { timeout: COUNTS_WITHIN_MS }).toBe('anonymize by 4');
    expect(findMetric(await readMetrics(test.gateway), 'consentry_policy_last_reload_success')).toBe(1);
  });

  it('a folder that is emptied leaves the old set in force', async () => {
    rmSync(file);
    await expect.poll(() => lastLog('the policies were not loaded'), { timeout: COUNTS_WITHIN_MS }).not.toBe('');
    expect(await probe()).toBe('forward by 0');
  });
});
