/** The last decisions are told as they were recorded, however often their room has been written over. */
import { describe, expect, it } from 'vitest';
import type { HitEvidence } from '../../../src/ops/evidence.ts';
import { describeDecision } from '../../../src/ops/evidence-log-line.ts';
import { RecentDecisions } from '../../../src/ops/recent-decisions.ts';
import type { Facts } from '../../../src/policy/policy.ts';
import type { ScrubEntry } from '../../../src/privacy/report.ts';
import { evidence, judgement } from '../../support/demo-evidence.ts';

const KEPT = 500;
const FACTS: Facts = {
  region: { country: 'US', subdivision: 'CA', source: 'database', disagrees: null },
  record: 'invalid',
  denied: 4,
  signals: [],
  label: 'shop',
  sensitive: true,
  age: 15,
  tcfVendor: 755,
  isPublisher: true,
};
const entries = (count: number): ScrubEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    place: `query:f${i}`,
    class: i % 2 === 0 ? 'text' : 'online-id',
    deed: 'stripped',
  }));

/** Of all kinds: judged or not, with few and many fields, forwarded, dropped and stopped. */
const KINDS: readonly Partial<HitEvidence>[] = [
  {},
  { facts: FACTS, report: entries(3), outcome: 'anonymized', action: 'anonymize' },
  { facts: null, judgement: null, region: null, action: null, outcome: 'dropped-by-fault', fault: 'body-too-large' },
  { facts: { ...FACTS, record: null, isPublisher: false, label: null, age: null, tcfVendor: null }, report: entries(1) },
  { report: entries(400), outcome: 'dropped-by-fault', fault: 'guard', found: { place: 'query:cid', part: 'body' } },
  { facts: FACTS, judgement: judgement('granted', 'forward', { code: 'record' }), outcome: 'forwarded', action: 'forward' },
  { route: '/other', vendor: 'matomo', method: 'POST', gate: 16, revision: 'fedcba9876543210' },
];
const recorded = (i: number): HitEvidence => evidence({ at: Date.UTC(2026, 10, 23) + i * 1000, ...KINDS[i % KINDS.length] });

describe('recent decisions', () => {
  it.each([0, 1, 3, KEPT - 1, KEPT, KEPT + 1, 3 * KEPT + 5])(
    'are told as they were recorded, the newest first: of %i',
    (count) => {
      const recent = new RecentDecisions();
      for (let i = 0; i < count; i++) recent.record(recorded(i));
      const expected = Array.from({ length: Math.min(count, KEPT) }, (_, i) => describeDecision(recorded(count - 1 - i), 1));
      expect(recent.list(KEPT)).toEqual(expected);
      expect(recent.list(2)).toEqual(expected.slice(0, 2));
    },
  );

  it('keep every part of what is recorded', () => {
    const all = recorded(1);
    // Whoever adds a part adds it to what is written over, too.
    expect(Object.keys(all)).toHaveLength(14);
    expect(Object.keys(FACTS)).toHaveLength(9);
  });

  it('leave what was recorded as it was', () => {
    const recent = new RecentDecisions();
    const first = recorded(1);
    const copy = structuredClone(first);
    for (let i = 0; i < KEPT + 3; i++) recent.record(i === 0 ? first : recorded(i + 1));
    expect(first).toEqual(copy);
  });

  it('keep no object of a hit but what hits share', () => {
    const recent = new RecentDecisions();
    const hit = structuredClone(recorded(1));
    recent.record(hit);
    const held = JSON.stringify(recent.list(1));
    Object.assign(hit, { outcome: 'dropped' });
    Object.assign(hit.facts as object, { age: 99 });
    (hit.report as ScrubEntry[]).length = 0;
    expect(JSON.stringify(recent.list(1))).toBe(held);
  });
});
