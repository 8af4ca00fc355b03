/** Which decisions the log keeps in the mode `sampled`. By counting, never by chance: the same hits leave the same log. */
import { PURPOSES } from '../consent/state.ts';
import type { HitEvidence } from './evidence.ts';
import { LabelTree } from './label-tree.ts';

/** Of decisions alike, the first and then one in so many. */
const ONE_IN = 100;
/** Decisions that went wrong are all kept, up to so many a second: beyond, somebody is filling the disk. */
const FAULTS_A_SECOND = 100;
/** Kinds of decision that are counted apart; outside input cannot grow the table further. */
const MOST_KINDS = 4096;

export class Sampler {
  readonly #seen = new LabelTree(MOST_KINDS);
  #second = 0;
  #faults = 0;

  /** @returns how many decisions the line stands for, or 0 where it is not kept. */
  weigh(evidence: HitEvidence): number {
    if (evidence.outcome === 'dropped-by-fault' && this.#hasRoomForFault(evidence.at)) return 1;
    const kind = this.#seen.reach(kindOf(evidence));
    if (kind === null) return 1;
    return kind.value++ % ONE_IN === 0 ? (kind.value === 1 ? 1 : ONE_IN) : 0;
  }

  #hasRoomForFault(at: number): boolean {
    const second = Math.floor(at / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#faults = 0;
    }
    return ++this.#faults <= FAULTS_A_SECOND;
  }
}

/** Decisions that a reader would call the same: place, file, outcome and what every purpose came to. */
function kindOf({ route, region, judgement, outcome, fault, revision }: HitEvidence): string[] {
  const kind = [revision, route, region?.country ?? '', region?.subdivision ?? '', outcome, fault ?? ''];
  for (let i = 0; i < PURPOSES.length; i++) {
    const decided = judgement?.purposes[i];
    kind.push(decided?.state ?? '', decided?.action ?? '', decided?.reasons[0]?.code ?? '');
  }
  return kind;
}
