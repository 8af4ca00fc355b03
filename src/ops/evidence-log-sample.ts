/** Which decisions the log keeps in the mode `sampled`. By counting, never by chance: the same hits leave the same log. */
import type { HitEvidence } from './evidence.ts';

/** Of decisions alike, the first and then one in so many. */
const ONE_IN = 100;
/** Decisions that went wrong are all kept, up to so many a second: beyond, somebody is filling the disk. */
const FAULTS_A_SECOND = 100;
/** Kinds of decision that are counted apart; outside input cannot grow the table further. */
const MOST_KINDS = 4096;

export class Sampler {
  readonly #seen = new Map<string, number>();
  #second = 0;
  #faults = 0;

  /** @returns how many decisions the line stands for, or 0 where it is not kept. */
  weigh(evidence: HitEvidence): number {
    if (evidence.outcome === 'dropped-by-fault' && this.#hasRoomForFault(evidence.at)) return 1;
    const kind = kindOf(evidence);
    const count = this.#seen.get(kind);
    if (count === undefined) {
      if (this.#seen.size < MOST_KINDS) this.#seen.set(kind, 1);
      return 1;
    }
    this.#seen.set(kind, count + 1);
    return count % ONE_IN === 0 ? ONE_IN : 0;
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
function kindOf({ route, region, judgement, outcome, fault, revision }: HitEvidence): string {
  const place = region === null ? '' : `${region.country}-${region.subdivision ?? ''}`;
  let kind = `${route} ${place} ${outcome} ${fault ?? ''} ${revision}`;
  for (const decided of judgement?.purposes ?? [])
    kind += ` ${decided.state[0]}${decided.action[0]}${decided.reasons[0]?.code ?? ''}`;
  return kind;
}
