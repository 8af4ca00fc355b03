import { describe, expect, it } from 'vitest';
import { GuardAlarm } from '../../../src/ops/guard-alarm.ts';
import type { Logger } from '../../../src/ops/log.ts';
import { evidence } from '../../support/demo-evidence.ts';

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 10, 23, 12);

function listen(): { alarm: GuardAlarm; said: object[] } {
  const said: object[] = [];
  const log = { error: (facts: object) => said.push(facts) } as unknown as Logger;
  return { alarm: new GuardAlarm(log), said };
}

const stopped = (place: string, at = NOON): ReturnType<typeof evidence> =>
  evidence({ at, fault: 'guard', outcome: 'dropped-by-fault', found: { place, part: 'body' } });

describe('the alarm of the guard', () => {
  it('says route, vendor and place, and nothing where the guard stopped nothing', () => {
    const { alarm, said } = listen();
    alarm.record(evidence());
    alarm.record(stopped('cookie:_ga'));
    expect(said).toEqual([{ route: '/g/collect', vendor: 'ga4', place: 'cookie:_ga', part: 'body' }]);
  });

  it('says each place once a minute', () => {
    const { alarm, said } = listen();
    for (let i = 0; i < 100; i++) alarm.record(stopped('cookie:_ga', NOON + i));
    alarm.record(stopped('query:uid'));
    expect(said).toHaveLength(2);
    alarm.record(stopped('cookie:_ga', NOON + MINUTE_MS));
    expect(said).toHaveLength(3);
  });

  it('says no more than 20 places a minute', () => {
    const { alarm, said } = listen();
    for (let i = 0; i < 100; i++) alarm.record(stopped(`query:f${i}`));
    expect(said).toHaveLength(20);
    alarm.record(stopped('query:f99', NOON + MINUTE_MS));
    expect(said).toHaveLength(21);
  });
});
