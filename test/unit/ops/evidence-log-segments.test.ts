/** Whole segments of a decision log that are taken out, replaced or moved: the check says which, and where. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HitEvidence } from '../../../src/ops/evidence.ts';
import { EvidenceLog } from '../../../src/ops/evidence-log.ts';
import { verifyEvidence } from '../../../src/ops/evidence-log-verify.ts';
import { waitUntil } from '../../support/redis.ts';

const HIT: HitEvidence = {
  at: Date.UTC(2026, 10, 23, 12),
  route: '/collect',
  vendor: 'ga4',
  method: 'GET',
  region: { country: 'DE', subdivision: null, source: 'assumed', disagrees: null },
  judgement: null,
  facts: null,
  action: null,
  gate: 4,
  outcome: 'dropped',
  fault: null,
  report: [],
  found: null,
  revision: '0123456789abcdef',
};

let folder: string;
let names: string[];

const open = (mode: 'all' | 'required' = 'all', maxBytes = 10): Promise<EvidenceLog> =>
  EvidenceLog.open({
    mode,
    folder,
    retainMs: 90 * 86_400_000,
    lost: () => undefined,
    failing: () => undefined,
    now: () => HIT.at,
    limits: { maxBytes, maxAgeMs: 86_400_000 },
  });
const segments = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .sort();

/** A chain of four segments, of two decisions each. */
async function writeChain(): Promise<string[]> {
  const before = existsSync(folder) ? segments() : [];
  const log = await open();
  for (let i = 1; i <= 4; i++) {
    log.record(HIT);
    log.record(HIT);
    await waitUntil(() => segments().length >= before.length + i);
  }
  await log.close();
  return segments().filter((name) => !before.includes(name));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'consentry-segments-'));
  names = await writeChain();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (number: number): string => join(folder, names[number - 1] as string);
/** The lines of a segment, without so many at its end. */
function cut(number: number, lines: number): void {
  const kept = readFileSync(path(number), 'utf8').trimEnd().split('\n').slice(0, -lines);
  writeFileSync(path(number), `${kept.join('\n')}\n`);
}

describe('the check of a chain', () => {
  it('finds nothing where nothing was done', async () => {
    expect(await verifyEvidence(folder)).toMatchObject({ segments: 4, lines: 16, problems: [] });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['the first segment taken out', () => unlinkSync(path(1)), /-000001\.ndjson: is missing; .*-000002\.ndjson names it$/],
    ['one in the middle taken out', () => unlinkSync(path(3)), /-000003\.ndjson: is missing between .*-000002.* and .*-000004/],
    ['the last one taken out', () => unlinkSync(path(4)), /-000004\.ndjson: is missing at the end of the chain$/],
    ['the last two taken out', () => [unlinkSync(path(3)), unlinkSync(path(4))], /-000004\.ndjson: is missing at the end/],
    ['all taken out', () => names.forEach((_, i) => void unlinkSync(path(i + 1))), /\.head: has no segments; they were removed$/],
    [
      'an older state of one put back',
      () => cut(2, 2),
      /-000003\.ndjson:1: the segment does not go on where the one before it ends/,
    ],
    ['an older state of the last one put back', () => cut(4, 2), /-000004\.ndjson:3: lines are missing at the end/],
    ['one replaced by the next', () => copyFileSync(path(3), path(2)), /-000002\.ndjson:1: the segment does not go on/],
    [
      'two changed with each other',
      () => {
        renameSync(path(2), join(folder, 'kept'));
        renameSync(path(3), path(2));
        renameSync(join(folder, 'kept'), path(3));
      },
      /-000002\.ndjson:1: the segment does not go on/,
    ],
    ['one emptied', () => writeFileSync(path(2), ''), /-000003\.ndjson:1: the segment does not go on/],
    ['lines behind the end of one', () => writeFileSync(path(2), readFileSync(path(2), 'utf8').repeat(2)), /-000002\.ndjson:5: /],
  ])('%s', async (_deed, tamper, said) => {
    tamper();
    const { problems } = await verifyEvidence(folder);
    expect(problems.join('\n')).toMatch(new RegExp(said.source, 'm'));
  });

  it('one replaced by that of another process', async () => {
    const others = await writeChain();
    copyFileSync(join(folder, others[1] as string), path(2));
    const { problems } = await verifyEvidence(folder);
    expect(problems[0]).toMatch(/-000002\.ndjson:1: the segment does not go on/);
    expect(problems[0]).toContain(names[1]);
  });
});

describe('a folder that is taken away while the log is written', () => {
  it.each(['all', 'required'] as const)(
    '%s: is noticed within seconds; a new segment begins, and the check says what is gone',
    async (mode) => {
      const log = await open(mode, 1e6);
      log.record(HIT);
      await waitUntil(() => segments().length > names.length);
      rmSync(folder, { recursive: true });
      await waitUntil(() => {
        log.record(HIT);
        return existsSync(folder) && segments().length === 1;
      });
      await log.close();
      const { problems } = await verifyEvidence(folder);
      expect(problems.join()).toMatch(/-000001\.ndjson: is missing/);
      expect(problems).toHaveLength(1);
    },
  );
});
