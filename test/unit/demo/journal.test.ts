import { describe, expect, it } from 'vitest';
import { HitJournal } from '../../../src/demo/journal.ts';
import type { ReceivedHit } from '../../../src/hit/hit.ts';
import { evidence, judgement } from '../../support/demo-evidence.ts';

const headers = ['Host', 'shop', 'Cookie', '_ga=1'];
const forwarded = evidence({
  judgement: judgement('granted', 'forward', { code: 'record' }),
  action: 'forward',
  outcome: 'forwarded',
});

function received(query: string): ReceivedHit {
  return { method: 'GET', path: '/g/collect', query, rawHeaders: headers } as unknown as ReceivedHit;
}

function leave(journal: HitJournal, query: string): void {
  journal.witness(forwarded, received(query), null, { method: 'GET', target: `/g/collect?${query}`, headers, body: null });
}

function arrive(journal: HitJournal, query: string, lines = headers): void {
  // A client adds lines of its own and writes the names in its own case.
  const wire = ['connection', 'keep-alive', ...lines.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text))];
  journal.arrive({ method: 'GET', target: `/g/collect?${query}`, headers: wire, body: null });
}

describe('the journal of hits', () => {
  it('shows a dropped hit as one that reached nobody', () => {
    const journal = new HitJournal();
    journal.witness(evidence(), received('en=page_view'), null, null);
    expect(journal.list()).toMatchObject([
      { outcome: 'dropped', event: 'page view', vendor: 'Google Analytics 4', gotText: null },
    ]);
    expect(journal.received).toBe(0);
  });

  it('shows a hit as waiting until the collector has it', () => {
    const journal = new HitJournal();
    leave(journal, 'en=a');
    expect(journal.list()).toMatchObject([{ outcome: 'waiting' }]);
    arrive(journal, 'en=a');
    expect(journal.list()).toMatchObject([{ outcome: 'forwarded', isSame: true }]);
    expect(journal.received).toBe(1);
  });

  it('gives each arrival to its own hit, whatever the order', () => {
    const journal = new HitJournal();
    leave(journal, 'en=a');
    leave(journal, 'en=b');
    arrive(journal, 'en=b');
    expect(journal.list().map(({ outcome }) => outcome)).toEqual(['waiting', 'forwarded']);
  });

  it('tells two equal hits apart by their order', () => {
    const journal = new HitJournal();
    leave(journal, 'en=a');
    leave(journal, 'en=a');
    arrive(journal, 'en=a');
    expect(journal.list().map(({ outcome }) => outcome)).toEqual(['forwarded', 'waiting']);
    arrive(journal, 'en=a');
    expect(journal.list().map(({ outcome }) => outcome)).toEqual(['forwarded', 'forwarded']);
  });

  it('counts what nobody let go, and gives it to no hit', () => {
    const journal = new HitJournal();
    leave(journal, 'en=a');
    arrive(journal, 'en=a', ['Host', 'shop', 'Cookie', '_ga=2']);
    expect(journal.received).toBe(1);
    expect(journal.list()).toMatchObject([{ outcome: 'waiting' }]);
  });

  it('tells listeners of news and of a fresh start, and forgets what was under way', () => {
    const journal = new HitJournal();
    const told: string[] = [];
    const end = journal.subscribe({ changed: ({ outcome }) => told.push(outcome), cleared: () => told.push('cleared') });
    leave(journal, 'en=a');
    arrive(journal, 'en=a');
    leave(journal, 'en=b');
    journal.clear();
    arrive(journal, 'en=b');
    expect(told).toEqual(['waiting', 'forwarded', 'waiting', 'cleared']);
    expect(journal.list()).toEqual([]);
    end();
    leave(journal, 'en=c');
    expect(told).toHaveLength(4);
  });

  it('keeps the newest 200', () => {
    const journal = new HitJournal();
    for (let i = 0; i < 205; i++) journal.witness(evidence(), received(`en=${i}`), null, null);
    expect(journal.list()).toHaveLength(200);
    expect(journal.list()[0]).toMatchObject({ event: '5' });
  });
});
