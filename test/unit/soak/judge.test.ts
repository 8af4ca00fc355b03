import { describe, expect, it } from 'vitest';
import { judgeRun, LIMITS, limitsOf, type Rest, type Sample } from '../../soak/judge.ts';
import { createRandom } from '../../support/random.ts';

const random = createRandom(7);
const noise = (size: number): number => (random.below(1_000) / 1_000 - 0.5) * size;

/** An hour's run after its warm-up, with the noise that a machine has, changed as told. */
function run(change: (sample: Sample, hours: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: 90 }, (_, i) => {
    const minutes = 15 + i / 2;
    const sample: Sample = {
      minutes,
      residentMib: 60 + noise(2),
      keptMib: 30 + noise(0.5),
      files: 80 + random.below(60),
      timers: 20 + random.below(20),
      p99Ms: 10 + noise(3),
      controlMs: 3 + noise(1),
    };
    return { ...sample, ...change(sample, (minutes - 15) / 60) };
  });
}
const FIRST: Rest = { minutes: 15, keptMib: 29, files: 25, timers: 4 };
const LAST: Rest = { minutes: 60, keptMib: 29.1, files: 25, timers: 4 };

function faultsOf(samples: readonly Sample[], last: Partial<Rest> = {}): string {
  return judgeRun(samples, FIRST, { ...LAST, ...last }, LIMITS)
    .faults.map((fault) => fault.split(':')[0])
    .join(', ');
}

describe('a long run', () => {
  it('is clean where nothing grows', () => {
    expect(faultsOf(run())).toBe('');
  });

  it.each<[string, Parameters<typeof run>[0], Partial<Rest>, string]>([
    ['heap', ({ keptMib }, hours) => ({ keptMib: keptMib + 2 * hours }), { keptMib: 30.5 }, 'memory kept, memory kept at rest'],
    ['memory beside the heap', ({ residentMib }, hours) => ({ residentMib: residentMib + 3 * hours }), {}, 'resident memory'],
    ['a descriptor that stays open', undefined, { files: 26 }, 'files at rest'],
    ['a timer that stays', undefined, { timers: 5 }, 'timers at rest'],
    ['descriptors under load', ({ files }, hours) => ({ files: files + 100 * hours }), {}, 'files under load'],
    ['slowness', ({ p99Ms }, hours) => ({ p99Ms: p99Ms * (1 + 0.4 * hours) }), {}, 'p99'],
  ])('finds %s that grows', (_what, change, last, expected) => {
    expect(faultsOf(run(change), last)).toBe(expected);
  });

  it('takes a machine that gets slower for what it is', () => {
    const slower = ({ p99Ms, controlMs }: Sample, hours: number): Partial<Sample> => ({
      p99Ms: p99Ms * (1 + hours),
      controlMs: controlMs * (1 + hours),
    });
    expect(faultsOf(run(slower))).toBe('');
  });

  it('takes a bad minute for what it is', () => {
    expect(faultsOf(run((_, hours) => (hours > 0.7 ? { p99Ms: 500, residentMib: 90 } : {})))).toBe('');
  });

  it('of some minutes takes no offence at memory that was given back at rest and is taken again', () => {
    const samples = run().map((sample, i) => ({ ...sample, minutes: sample.minutes / 20, residentMib: 55 + Math.min(i, 15) }));
    expect(judgeRun(samples, FIRST, LAST, limitsOf(3)).faults).toEqual([]);
  });

  it('of some minutes finds what leaks by the request', () => {
    const samples = run().map((sample) => ({ ...sample, minutes: sample.minutes / 20, keptMib: 30 + sample.minutes / 10 }));
    expect(judgeRun(samples, FIRST, LAST, limitsOf(3)).faults.join()).toContain('memory kept');
  });
});
