import { describe, expect, it } from 'vitest';
import { compareRequests, listDropped } from '../../../src/demo/difference.ts';
import type { ScrubReport } from '../../../src/privacy/report.ts';

const sent = {
  method: 'GET',
  target: '/g/collect?cid=1.2&dl=https%3A%2F%2Fa.example%2Fp%3Femail%3Dx&en=page_view',
  headers: ['Host', 'a', 'User-Agent', 'Long/1.2.3', 'Cookie', '_ga=1; consentry=secret'],
  body: null,
};
const report: ScrubReport = [
  { place: 'query:cid', class: 'online-id', deed: 'replaced' },
  { place: 'query:dl', class: 'url', deed: 'cut' },
  { place: 'header:user-agent', class: 'device', deed: 'coarsened' },
];

function rowsOf(got: typeof sent, told = report) {
  return Object.fromEntries(compareRequests(sent, got, told).map((row) => [`${row.group}:${row.name}`, row]));
}

describe('differences between what was sent and what arrived', () => {
  const rows = rowsOf({
    ...sent,
    target: '/g/collect?cid=555.1&dl=https%3A%2F%2Fa.example%2Fp&en=page_view',
    headers: ['Host', 'a', 'User-Agent', 'Long/1', 'Consentry-Decision', 'anonymize'],
  });

  it('tells what changed, with the deed and the class that scrub reports', () => {
    expect(rows['query:cid']).toMatchObject({
      sent: '1.2',
      got: '555.1',
      change: 'changed',
      deed: 'replaced by a constant',
      note: 'tells one browser from all others',
    });
    expect(rows['header:user-agent']).toMatchObject({ change: 'changed', deed: 'made coarser', note: 'describes the device' });
  });

  it('tells what is gone, also from inside an address', () => {
    expect(rows['query:dl?email']).toMatchObject({ sent: 'x', got: null, change: 'removed', note: 'a page address' });
    expect(rows['cookie:consentry']).toMatchObject({ got: null, change: 'removed' });
    expect(rows['cookie:consentry']?.note).toContain('own cookie');
  });

  it('tells what the gateway added and what stayed', () => {
    expect(rows['header:consentry-decision']).toMatchObject({ sent: null, got: 'anonymize', change: 'added' });
    expect(rows['query:en']).toMatchObject({ change: 'same', note: '' });
  });

  it('finds the report of a member of a batch by its own name', () => {
    const batch = { ...sent, method: 'POST', body: Buffer.from('{"data":[{"uid":"x","e":"pv"}]}') };
    const clean = { ...batch, body: Buffer.from('{"data":[{"e":"pv"}]}') };
    const [row] = compareRequests(batch, clean, [{ place: 'body:$.uid', class: 'direct', deed: 'stripped' }]).filter(
      ({ change }) => change === 'removed',
    );
    expect(row).toMatchObject({ name: 'data.0.uid', deed: 'removed', note: 'names a person' });
  });

  it('cuts long values only after comparing them', () => {
    const long = (end: string) => ({ ...sent, target: `/g/collect?x=${'a'.repeat(5000)}${end}` });
    const [row] = compareRequests(long('1'), long('2'), []).filter(({ name }) => name === 'x');
    expect(row?.change).toBe('changed');
    expect(row?.sent?.length).toBeLessThan(300);
  });

  it('lists every field of a dropped hit as kept away', () => {
    const dropped = listDropped(sent);
    expect(dropped.length).toBeGreaterThan(6);
    expect(dropped.every(({ got, change }) => got === null && change === 'removed')).toBe(true);
  });
});
