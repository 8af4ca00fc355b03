/** The corpus of consent signals: facts from the specifications and from the test suites of other readers. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeSignal } from '../../../src/cli/signal.ts';
import { corpusPath } from '../../support/corpus.ts';

interface Vector {
  readonly kind: string;
  readonly input: unknown;
  readonly expected: Record<string, unknown>;
}

/**
 * Where a vector contradicts the specification, or another vector, the specification wins. `amend` makes of the vector's
 * expectation what has to come out.
 */
const DISAGREEMENTS: readonly { readonly why: string; readonly amend: (vector: Vector) => unknown; readonly count: number }[] = [
  {
    // Fixtures of one library report an absent GPC sub-section as `false`, those of another one as null. The specification knows
    // the value only inside of the sub-section ("GPC Sub-section"), so absent is not 0.
    why: 'Gpc false without a GPC sub-section reads null',
    count: 15,
    amend: ({ kind, input, expected }) => {
      if (kind === 'gpp-section' && !String((input as { value: string }).value).includes('.'))
        return withoutGpc(expected, 'fields');
      if (kind === 'gpp' && !String(input).includes('.')) return withoutGpc(expected, 'sections');
      return undefined;
    },
  },
];

function replaceGpc(fields: unknown): unknown {
  return (fields as { Gpc?: unknown }).Gpc === false ? { ...(fields as object), Gpc: null } : fields;
}

function withoutGpc(expected: Record<string, unknown>, key: 'fields' | 'sections'): unknown {
  if (!JSON.stringify(expected[key] ?? {}).includes('"Gpc":false')) return undefined;
  if (key === 'fields') return { ...expected, fields: replaceGpc(expected.fields) };
  const sections = Object.entries(expected.sections as object).map(([name, fields]) => [name, replaceGpc(fields)]);
  return { ...expected, sections: Object.fromEntries(sections) };
}

/** What has to come out: the vector's own words, less those that are comments of its source. */
function wordOf(vector: Vector): Record<string, unknown> {
  const { reason: _reason, maxMs: _maxMs, anyOutcome: _anyOutcome, ...expected } = vector.expected;
  return expected;
}

const path = corpusPath('signals.json');
const vectors: readonly Vector[] = path === null ? [] : JSON.parse(readFileSync(path, 'utf8'));
const byKind = new Map<string, Vector[]>();
for (const vector of vectors) byKind.set(vector.kind, [...(byKind.get(vector.kind) ?? []), vector]);

describe.skipIf(path === null)('signal vectors', () => {
  const amended = new Map<string, number>();

  it.each([...byKind])('reads every %s vector', (kind, ofKind) => {
    for (const vector of ofKind) {
      let expected: unknown = wordOf(vector);
      for (const { why, amend } of DISAGREEMENTS) {
        const instead = amend({ ...vector, expected: expected as Record<string, unknown> });
        if (instead === undefined) continue;
        expected = instead;
        amended.set(why, (amended.get(why) ?? 0) + 1);
      }
      const decoded = decodeSignal(kind, vector.input);
      expect(decoded, JSON.stringify(vector.input)).toMatchObject(expected as object);
      if (decoded.ok === false) expect(decoded.reason, JSON.stringify(vector.input)).toEqual(expect.any(String));
    }
    console.log(`signal vectors: ${kind} ${ofKind.length}`);
  });

  it('disagrees with the corpus exactly where it says so', () => {
    expect(Object.fromEntries(amended)).toEqual(Object.fromEntries(DISAGREEMENTS.map(({ why, count }) => [why, count])));
    expect(vectors.length).toBeGreaterThanOrEqual(186);
  });

  it.runIf(process.env.CONSENTRY_LONG === '1')('keeps every time limit of the corpus', () => {
    const limited = vectors.filter(({ expected }) => typeof expected.maxMs === 'number');
    expect(limited.length).toBeGreaterThan(0);
    for (const { kind, input, expected } of limited) {
      decodeSignal(kind, input);
      const begin = process.cpuUsage();
      decodeSignal(kind, input);
      const { user, system } = process.cpuUsage(begin);
      expect((user + system) / 1000, JSON.stringify(input)).toBeLessThan(expected.maxMs as number);
    }
  });
});
