import { describe, expect, it } from 'vitest';
import { workerArguments } from '../../../src/ops/workers.ts';

describe('the arguments of a worker', () => {
  it('hold a young generation of half the size, ahead of the process own', () => {
    expect(workerArguments(['--enable-source-maps'])).toEqual(['--max-semi-space-size=8', '--enable-source-maps']);
  });

  it.each([
    [['--max-semi-space-size=32'], ''],
    [['--max_semi_space_size', '32'], ''],
    [[], '--inspect --max-semi-space-size=32'],
  ])('are left as they are where somebody has chosen its size: %j, %j', (own, nodeOptions) => {
    expect(workerArguments(own, nodeOptions)).toEqual(own);
  });
});
