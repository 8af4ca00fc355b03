import { describe, expect, it } from 'vitest';
import { LabelTree } from '../../../src/ops/label-tree.ts';

describe('LabelTree', () => {
  it('finds the same count for the same labels', () => {
    const tree = new LabelTree(10);
    const count = tree.reach(['/collect', 'DE', 'dropped']);
    expect(count?.value).toBe(0);
    expect(tree.reach(['/collect', 'DE', 'dropped'])).toBe(count);
    expect(tree.reach(['/collect', 'FR', 'dropped'])).not.toBe(count);
    expect(tree.reach(['/collect', 'DE', 'forwarded'])).not.toBe(count);
  });

  it('tells labels apart that would be one text joined', () => {
    const tree = new LabelTree(10);
    expect(tree.reach(['a b', 'c'])).not.toBe(tree.reach(['a', 'b c']));
  });

  it('lists every count with its labels, in the order of their coming', () => {
    const tree = new LabelTree(10);
    for (const path of [
      ['a', 'x'],
      ['b', 'x'],
      ['a', 'y'],
      ['a', 'x'],
    ]) {
      const count = tree.reach(path);
      if (count !== null) count.value++;
    }
    expect(tree.counts).toEqual([
      { path: ['a', 'x'], value: 2 },
      { path: ['b', 'x'], value: 1 },
      { path: ['a', 'y'], value: 1 },
    ]);
  });

  it('keeps no more than it may, and still finds what it has', () => {
    const tree = new LabelTree(2);
    const first = tree.reach(['1']);
    tree.reach(['2']);
    expect(tree.reach(['3'])).toBeNull();
    expect(tree.reach(['1'])).toBe(first);
  });
});
