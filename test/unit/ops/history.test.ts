import { describe, expect, it } from 'vitest';
import { readExposition } from '../../../src/ops/exposition.ts';
import { History } from '../../../src/ops/history.ts';

const hits = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([outcome, value]) => `consentry_hits_total{route="/a",country="DE",outcome="${outcome}"} ${value}`)
    .join('\n');

describe('reading the text of /metrics', () => {
  it('takes names, labels and values, and leaves out what is not asked for', () => {
    const text = '# HELP a_total A\n# TYPE a_total counter\na_total{x="1",y="b c"} 3\na_total{x="2",y=""} 4.5\nb 1e3\nc NaN';
    const metrics = readExposition(text);
    expect(metrics.get('a_total')).toEqual([
      { labels: { x: '1', y: 'b c' }, value: 3 },
      { labels: { x: '2', y: '' }, value: 4.5 },
    ]);
    expect(metrics.get('b')).toEqual([{ labels: {}, value: 1000 }]);
    expect([...readExposition(text, 'b').keys()]).toEqual(['b']);
  });

  it('takes the escapes of a label for what they stand for', () => {
    const [sample] = readExposition('a{x="\\\\ \\" \\n"} 1').get('a') ?? [];
    expect(sample?.labels).toEqual({ x: '\\ " \n' });
  });
});

describe('the history', () => {
  it('holds what was counted between two looks', async () => {
    let text = hits({ forwarded: 5 });
    const history = new History(async () => text);
    await history.take();
    expect(history.view().times).toEqual([]);
    text = hits({ forwarded: 7, dropped: 2 });
    await history.take();
    await history.take();
    const { series, times } = history.view();
    expect(series.outcome).toEqual({ forwarded: [2, 0], dropped: [2, 0] });
    expect(series.country).toEqual({ DE: [4, 0] });
    expect(times).toHaveLength(2);
  });

  it('counts nothing twice where a process was replaced and the sum went down', async () => {
    const texts = [hits({ forwarded: 100 }), hits({ forwarded: 60 }), hits({ forwarded: 61 })];
    const history = new History(async () => texts.shift() ?? '');
    for (let i = 0; i < 3; i++) await history.take();
    expect(history.view().series.outcome).toEqual({ forwarded: [0, 1] });
  });

  it('leaves out a look that failed, and counts it with the next', async () => {
    const texts = [hits({ forwarded: 1 }), null, hits({ forwarded: 4 })];
    const history = new History(async () => {
      const text = texts.shift();
      if (text == null) throw new Error('no worker answers');
      return text;
    });
    for (let i = 0; i < 3; i++) await history.take();
    expect(history.view().series.outcome).toEqual({ forwarded: [3] });
  });

  it('is bounded: an hour of steps, and so many lines', async () => {
    let round = 0;
    const history = new History(async () => {
      round++;
      return Array.from(
        { length: 200 },
        (_, i) => `consentry_hits_total{route="/${i}",country="DE",outcome="dropped"} ${round}`,
      ).join('\n');
    });
    for (let i = 0; i < 730; i++) await history.take();
    const { times, series } = history.view();
    expect(times).toHaveLength(720);
    expect(times).toEqual([...times].sort());
    expect(series.route['/0']).toHaveLength(720);
    expect(Object.keys(series.route)).toHaveLength(65);
    expect(series.route.other?.at(-1)).toBe(136);
  });

  it('forgets a line of which nothing was counted for an hour, and keeps its order over the turn', async () => {
    let round = 0;
    const history = new History(async () => {
      round++;
      return hits({ dropped: (round * (round - 1)) / 2, ...(round > 1 ? { forwarded: 1 } : {}) });
    });
    for (let i = 0; i < 11; i++) await history.take();
    expect(history.view().series.outcome).toEqual({
      dropped: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      forwarded: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    });
    for (let i = 0; i < 720; i++) await history.take();
    expect(history.view().series.outcome).toEqual({ dropped: Array.from({ length: 720 }, (_, i) => i + 11) });
  });
});
