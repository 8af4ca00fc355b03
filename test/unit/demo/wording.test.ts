import { describe, expect, it } from 'vitest';
import { purposeSet } from '../../../src/consent/state.ts';
import { listPurposes, listSteps, summarize } from '../../../src/demo/wording.ts';
import { READING_MEANINGS } from '../../../src/policy/record-reading.ts';
import type { SignalReading } from '../../../src/signals/signal.ts';
import { evidence, judgement } from '../../support/demo-evidence.ts';

const gpc: SignalReading = {
  signal: 'gpc',
  field: 'header:sec-gpc',
  said: '1',
  vote: () => ({ grants: 0, denies: 0, unreadable: 0 }),
};

describe('a decision in words', () => {
  it('says who said what, and what the place makes of it', () => {
    expect(summarize(evidence())).toBe('The visitor has not decided. In Germany, analytics hits are then dropped.');
    const yes = judgement('granted', 'forward', { code: 'record' });
    expect(summarize(evidence({ judgement: yes, action: 'forward', outcome: 'forwarded' }))).toBe(
      'The visitor said yes. In Germany, analytics hits are then forwarded.',
    );
    const back = judgement('withdrawn', 'drop', { code: 'record' });
    expect(summarize(evidence({ judgement: back }))).toContain('took the yes back');
  });

  it('names the signal that spoke', () => {
    const no = judgement('denied', 'drop', { code: 'signal', reading: gpc });
    const california = { country: 'US', subdivision: 'CA', source: 'header:configured', disagrees: null };
    expect(summarize(evidence({ judgement: no, region: california, gate: purposeSet(['advertising']) }))).toBe(
      'The hit carries Global Privacy Control (Sec-GPC: 1), which says no. In California, USA, advertising hits are then dropped.',
    );
  });

  it('follows the strictest purpose of the gate', () => {
    const mixed = judgement('granted', 'forward', { code: 'record' });
    const purposes = mixed.purposes.map((decision, i) =>
      i === 4 ? { ...decision, state: 'denied' as const, action: 'drop' as const } : decision,
    );
    const hit = evidence({ judgement: { ...mixed, purposes }, gate: purposeSet(['analytics', 'advertising']) });
    expect(summarize(hit)).toBe('The visitor said no. In Germany, advertising hits are then dropped.');
    expect(listPurposes({ ...mixed, purposes }, hit.gate).map(({ purpose, decides }) => [purpose, decides])).toEqual([
      ['functional', false],
      ['analytics', true],
      ['personalization', false],
      ['advertising', true],
    ]);
  });

  it('has words for everything that a record can be read as', () => {
    for (const { state, reason } of READING_MEANINGS) {
      const told = summarize(evidence({ judgement: judgement(state, 'drop', reason) }));
      expect(told.split('. ')[0], reason.code).toMatch(/^(The visitor|The consent|A stored|At this|The page|A cookie)/);
    }
  });

  it('tells a fault from a decision', () => {
    const yes = judgement('granted', 'forward', { code: 'record' });
    const hit = evidence({ judgement: yes, action: 'anonymize', outcome: 'dropped-by-fault', fault: 'guard' });
    expect(summarize(hit)).toContain('identifier');
    expect(listSteps(hit).at(-1)?.text).toContain('in doubt nothing leaves');
    expect(summarize(evidence({ fault: 'something-new' }))).toContain('something-new');
  });

  it('says where the visitor is, who told, and which file decided', () => {
    const steps = Object.fromEntries(listSteps(evidence()).map(({ label, text }) => [label, text]));
    expect(steps.Where).toContain('Germany, told by the network in front');
    expect(steps.Rule).toContain('policies/eu.yaml');
    expect(steps.Rule).toContain('eu@2026.11.0');
  });

  it('says that a hit is forwarded in part', () => {
    const yes = judgement('unknown', 'forward', { code: 'silence' });
    const hit = evidence({
      judgement: yes,
      action: 'forward',
      outcome: 'forwarded',
      report: [{ place: 'query:gclid', class: 'click-id', deed: 'stripped' }],
    });
    expect(summarize(hit)).toContain('cut out');
  });

  it('explains a hit that was never judged', () => {
    const hit = evidence({ judgement: null, region: null, action: null, outcome: 'dropped-by-fault', fault: 'body-too-large' });
    expect(summarize(hit)).toContain('larger than the limit');
    expect(listSteps(hit).map(({ label }) => label)).not.toContain('Rule');
  });
});
