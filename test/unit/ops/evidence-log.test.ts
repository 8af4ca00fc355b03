import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HitEvidence } from '../../../src/ops/evidence.ts';
import { EvidenceLog, type EvidenceLogOptions } from '../../../src/ops/evidence-log.ts';
import { linkLine, readLink } from '../../../src/ops/evidence-log-chain.ts';
import { Sampler } from '../../../src/ops/evidence-log-sample.ts';
import { verifyEvidence } from '../../../src/ops/evidence-log-verify.ts';
import { waitUntil } from '../../support/redis.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 12);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consentry-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function hit(changes: Partial<HitEvidence> = {}): HitEvidence {
  return {
    at: NOW,
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
    ...changes,
  };
}

async function open(options: Partial<EvidenceLogOptions> = {}): Promise<EvidenceLog> {
  return EvidenceLog.open({
    mode: 'all',
    folder,
    retainMs: 90 * DAY_MS,
    lost: () => undefined,
    failing: () => undefined,
    now: () => NOW,
    ...options,
  });
}

async function writeLog(count: number): Promise<void> {
  const log = await open();
  for (let i = 0; i < count; i++) log.record(hit({ route: `/collect/${i}` }));
  await log.close();
}

function segments(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .sort();
}

function linesOf(name = segments()[0] as string): string[] {
  return readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
}

function writeLines(lines: readonly string[], name = segments()[0] as string): void {
  writeFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(''));
}

async function problems(anchor?: string): Promise<readonly string[]> {
  return (await verifyEvidence(folder, anchor)).problems;
}

describe('the decision log', () => {
  it('keeps every decision between a begin and an end line, and is whole', async () => {
    await writeLog(20);
    const kinds = linesOf().map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).toEqual(['begin', ...Array.from({ length: 20 }, () => 'decision'), 'end']);
    expect(await verifyEvidence(folder)).toMatchObject({ segments: 1, lines: 22, problems: [] });
  });

  it('stays whole however decisions come: while it writes, while it notes its head, one by one and in crowds', async () => {
    const log = await open();
    let count = 0;
    for (let round = 0; round < 120; round++) {
      for (let i = 0; i <= round % 7; i++, count++) log.record(hit());
      await new Promise((resolve) => setTimeout(resolve, round % 40));
    }
    await log.close();
    expect(await verifyEvidence(folder)).toMatchObject({ lines: count + 2, problems: [] });
  });

  it('has no value to note before its first line', async () => {
    const log = await open();
    expect(log.chain).toBeNull();
    await log.close();
    await writeLog(1);
    expect((await verifyEvidence(folder)).heads).toHaveLength(1);
  });

  it('can be read by its owner only', async () => {
    await writeLog(1);
    expect(statSync(join(folder, segments()[0] as string)).mode & 0o777).toBe(0o600);
  });

  it('begins a new segment where one is full, and the chain goes on', async () => {
    const log = await open({ limits: { maxBytes: 1000, maxAgeMs: DAY_MS } });
    for (let i = 0; i < 5; i++) {
      log.record(hit());
      await waitUntil(
        () => segments().reduce((sum, name) => sum + linesOf(name).filter((l) => l.includes('decision"')).length, 0) > i,
      );
    }
    await log.close();
    expect(segments().length).toBeGreaterThan(1);
    expect(await problems()).toEqual([]);
  });

  it('begins a chain of its own for each process', async () => {
    await writeLog(3);
    await writeLog(3);
    const { heads, problems: found } = await verifyEvidence(folder);
    expect(heads).toHaveLength(2);
    expect(found).toEqual([]);
  });

  describe('tells what was done to it, with file and line', () => {
    beforeEach(() => writeLog(10));

    it.each<[string, (lines: string[]) => string[], number]>([
      [
        'a changed line',
        (lines) => lines.with(4, (lines[4] as string).replace('"DE"', '"US"').replace('dropped', 'forwarded')),
        5,
      ],
      ['a missing line', (lines) => lines.toSpliced(4, 1), 5],
      ['two lines in the other order', (lines) => lines.toSpliced(4, 2, lines[5] as string, lines[4] as string), 5],
      ['a line that came twice', (lines) => lines.toSpliced(4, 0, lines[4] as string), 6],
      ['a line that is no line', (lines) => lines.toSpliced(4, 0, 'x'), 5],
      ['a line cut short', (lines) => lines.with(4, (lines[4] as string).slice(0, 40)), 5],
      ['the last line missing', (lines) => lines.slice(0, -1), 12],
      ['the last decisions missing', (lines) => lines.slice(0, 5), 6],
      ['the first line missing', (lines) => lines.slice(1), 1],
      ['everything missing', () => [], 1],
    ])('%s', async (_name, tamper, line) => {
      const [name] = segments() as [string];
      writeLines(tamper(linesOf()));
      const [first] = await problems();
      expect(first).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')}:${line}: `));
    });

    it('a last line cut in the middle', async () => {
      const path = join(folder, segments()[0] as string);
      truncateSync(path, readFileSync(path).length - 30);
      expect((await problems())[0]).toMatch(/:12: the line is cut off$/);
    });

    it.each([
      ['a whole line', '{"kind":"decision"}\n'],
      ['a line without its end', '{"kind":"decision"'],
      ['zeros', '\0\0\0'],
    ])('%s behind the end', async (_name, text) => {
      appendFileSync(join(folder, segments()[0] as string), text);
      expect(await problems()).toEqual([expect.stringMatching(/:13: stands after the end of the segment$/)]);
    });

    it('a changed line whose own chain was made to fit', async () => {
      const lines = linesOf();
      const before = readLink('', lines[3] as string);
      if (!before.ok) throw new Error('no link');
      const body = `${(lines[4] as string).replace('dropped', 'forwarded').replace(/,"chain".*/, '')}}`;
      writeLines(lines.with(4, linkLine(before.chain, body).line.trimEnd()));
      expect((await problems())[0]).toMatch(/:6: /);
    });

    it('a missing head', async () => {
      writeLines(linesOf().slice(0, -1));
      unlinkSync(join(folder, readdirSync(folder).find((name) => name.endsWith('.head')) as string));
      expect((await problems())[0]).toMatch(/\.head: is missing/);
    });

    it('a whole chain that is gone, by the chain of a later process', async () => {
      const first = readdirSync(folder);
      await writeLog(1);
      for (const name of first) unlinkSync(join(folder, name));
      expect((await problems())[0]).toMatch(/is missing; .*:1 names it$/);
    });

    it('a log that was made anew, by a chain value that was noted elsewhere', async () => {
      const { heads } = await verifyEvidence(folder);
      const [noted] = heads as [string];
      expect(await problems(noted)).toEqual([]);
      for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
      await writeLog(10);
      expect(await problems()).toEqual([]);
      expect(await problems(noted)).toEqual([`${folder}: the anchor ${noted} is in no chain`]);
    });
  });

  it('loses a segment in the middle only with a word', async () => {
    const log = await open({ limits: { maxBytes: 10, maxAgeMs: DAY_MS } });
    for (let i = 1; i <= 4; i++) {
      log.record(hit());
      await waitUntil(() => segments().length >= i);
    }
    await log.close();
    unlinkSync(join(folder, segments()[1] as string));
    expect((await problems())[0]).toMatch(/-000002\.ndjson: is missing between/);
  });

  it('retires segments that are too old, says so in the chain, and stays whole', async () => {
    await writeLog(3);
    const [old] = segments() as [string];
    const then = new Date(NOW - 91 * DAY_MS);
    utimesSync(join(folder, old), then, then);
    await writeLog(3);
    expect(segments()).not.toContain(old);
    expect(await problems()).toEqual([]);
  });

  it('keeps what is younger', async () => {
    await writeLog(3);
    const [young] = segments() as [string];
    const then = new Date(NOW - 89 * DAY_MS);
    utimesSync(join(folder, young), then, then);
    await writeLog(3);
    expect(segments()).toContain(young);
  });

  it('says that it cannot be written, keeps what waits, and writes it when it can again', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    const failures: boolean[] = [];
    const log = await open({ folder: join(blocked, 'log'), failing: (error) => failures.push(error !== null) });
    log.record(hit());
    await waitUntil(() => failures.length === 1);
    unlinkSync(blocked);
    await waitUntil(() => failures.length === 2);
    await log.close();
    expect(failures).toEqual([true, false]);
    expect(await verifyEvidence(join(blocked, 'log'))).toMatchObject({ lines: 3, problems: [] });
  });

  it('says at the start that it cannot be written, before a hit is lost or dropped by it', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    const failures: boolean[] = [];
    const log = await open({
      mode: 'required',
      folder: join(blocked, 'log'),
      failing: (error) => failures.push(error !== null),
    });
    expect(failures).toEqual([true]);
    expect(await log.admit(hit())).toBe(false);
    unlinkSync(blocked);
    await waitUntil(() => failures.length === 2);
    expect(await log.admit(hit())).toBe(true);
    await log.close();
  });

  it('drops decisions, and counts them, rather than growing without bound', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    let lost = 0;
    const log = await open({
      folder: join(blocked, 'log'),
      lost: (count) => {
        lost += count;
      },
    });
    for (let i = 0; i < 10_050; i++) log.record(hit());
    expect(lost).toBe(50);
    await log.close();
    expect(lost).toBe(10_050);
  });

  describe('required', () => {
    it('says yes when the decision is on the disk, not before', async () => {
      const log = await open({ mode: 'required' });
      const admitted = log.admit(hit({ outcome: 'forwarded' }));
      expect(segments()).toEqual([]);
      expect(await admitted).toBe(true);
      expect(linesOf().at(-1)).toContain('"outcome":"forwarded"');
      await log.close();
    });

    it('says no while nothing can be written, and yes again afterwards', async () => {
      const blocked = join(folder, 'blocked');
      const other = await open({ mode: 'required', folder: join(blocked, 'log') });
      rmSync(blocked, { recursive: true });
      writeFileSync(blocked, '');
      expect(await other.admit(hit())).toBe(false);
      expect(other.admit(hit())).toBe(false);
      unlinkSync(blocked);
      await waitUntil(async () => (await other.admit(hit())) === true);
      await other.close();
    });

    it('does not write a second time what it has admitted, but does write what was dropped', async () => {
      const log = await open({ mode: 'required' });
      const forwarded = hit({ outcome: 'forwarded' });
      await log.admit(forwarded);
      log.record(forwarded);
      log.record(hit({ outcome: 'dropped' }));
      await log.close();
      expect(linesOf().filter((line) => line.includes('"decision"'))).toHaveLength(2);
    });
  });
});

describe('the sample', () => {
  it('keeps every fault, and of decisions alike the first and one in a hundred, with its weight', () => {
    const sampler = new Sampler();
    const weights = Array.from({ length: 201 }, () => sampler.weigh(hit()));
    expect(weights.filter((weight) => weight > 0)).toEqual([1, 100, 100]);
    expect(weights[100]).toBe(100);
    expect(Array.from({ length: 50 }, () => sampler.weigh(hit({ outcome: 'dropped-by-fault', fault: 'guard' })))).toEqual(
      Array.from({ length: 50 }, () => 1),
    );
  });

  it('lets nobody fill the disk with faults', () => {
    const sampler = new Sampler();
    const flood = Array.from({ length: 10_000 }, () =>
      sampler.weigh(hit({ outcome: 'dropped-by-fault', fault: 'body-too-large' })),
    );
    expect(flood.filter((weight) => weight > 0).length).toBeLessThan(250);
    expect(flood.reduce((sum, weight) => sum + weight, 0)).toBeGreaterThan(9_800);
  });
});
