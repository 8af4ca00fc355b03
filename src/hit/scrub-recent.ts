/**
 * What was made of the last values of a field. Most fields of a hit say the same in the next one: what they count, who the site is, what the
 * browser can do, which page it was.
 */
import type { KnownPair, Verdict } from '../privacy/carriers/verdict.ts';
import { detach } from '../privacy/remember.ts';
import type { ScrubEntry } from '../privacy/report.ts';
import type { ScrubContext } from './scrub-context.ts';

/** Of all fields together, so that nobody fills the memory with names; of one field so many. Both powers of two. */
const SLOTS = 4096;
const SLOTS_OF_ONE = 16;
const MAX_LENGTH = 128;
/** How often a value may be new before a field is taken for one that never repeats; repeats make up for it. */
const PATIENCE = 256;

/** A value's treatment, where it was decided, and all that it left in the context. */
export interface Treated {
  readonly field: RecentValues;
  readonly value: string;
  readonly where: string;
  readonly rules: ScrubContext['rules'];
  readonly verdict: Verdict;
  readonly report: readonly ScrubEntry[];
  readonly kept: readonly string[];
  readonly count: number;
  /** The pair of a query, or member of JSON, that it was met in. */
  pair: RecentPair<unknown> | null;
}

/** A pair of a query, or a member of JSON, as it was written, whose value came before. */
export interface RecentPair<Plan> extends KnownPair {
  readonly plan: Plan;
  /** Of its field, decoded, less what holds it; of a member, its key. */
  readonly name: string;
  readonly treated: Treated;
}

/** What stood behind a field last. */
export interface Behind<Plan> {
  pair: RecentPair<Plan> | null;
}

/** Whether what was made of a value is to be made of it again. */
export function isValid(treated: Treated, ctx: ScrubContext): boolean {
  return ctx.banned === null && treated.where === ctx.where && treated.rules === ctx.rules;
}

/**
 * The pair that a value was met in, for the next time: made anew only where it is written otherwise than last.
 * @param write the pair with another value
 */
export function pairOf<Plan>(
  treated: Treated,
  plan: Plan,
  name: string,
  text: string,
  write: (text: string, value: string) => string,
): RecentPair<Plan> {
  const { verdict } = treated;
  const known = treated.pair;
  if (known !== null && known.text === text && known.plan === plan) return known as RecentPair<Plan>;
  const own = detach(text);
  const written = typeof verdict === 'string' ? write(own, verdict) : '';
  const pair = { text: own, plan, name: detach(name), verdict, written, treated };
  treated.pair = pair;
  return pair;
}

export type Decide<Plan> = (ctx: ScrubContext, plan: Plan, value: string) => Verdict;

const table: (Treated | undefined)[] = new Array(SLOTS).fill(undefined);
let fields = 0;

/** For one field of one plan, or for one header. A value in which an identifier was found is not kept here. */
export class RecentValues {
  /** Where its slots begin; more fields than there is room for displace each other. */
  readonly #first = (fields++ * SLOTS_OF_ONE) & (SLOTS - 1);
  #patience = PATIENCE;
  /** What was made of the value that came last, if it had come before. */
  latest: Treated | null = null;

  treat<Plan>(ctx: ScrubContext, plan: Plan, value: string, decide: Decide<Plan>): Verdict {
    const { length } = value;
    this.latest = null;
    if (length === 0 || length > MAX_LENGTH || ctx.banned !== null || this.#patience < 0) return decide(ctx, plan, value);
    const slot = this.#first + ((length * 7 + value.charCodeAt(0) * 2 + value.charCodeAt(length - 1)) & (SLOTS_OF_ONE - 1));
    const known = table[slot];
    if (known === undefined || known.field !== this || known.value !== value || !isValid(known, ctx)) {
      this.#patience--;
      return this.#decide(ctx, plan, value, decide, slot);
    }
    this.latest = known;
    return this.repeat(ctx, known);
  }

  /** Leaves behind what a value left the first time. */
  repeat(ctx: ScrubContext, treated: Treated): Verdict {
    if (this.#patience < PATIENCE) this.#patience++;
    for (const entry of treated.report) ctx.report.push(entry);
    for (const text of treated.kept) ctx.kept.push(text);
    ctx.countFields(treated.count);
    return treated.verdict;
  }

  #decide<Plan>(ctx: ScrubContext, plan: Plan, value: string, decide: Decide<Plan>, slot: number): Verdict {
    const { count, identifiers } = ctx;
    const entries = ctx.report.length;
    const kept = ctx.kept.length;
    // A part of a query would keep all of it.
    const own = detach(value);
    const verdict = decide(ctx, plan, own);
    if (ctx.identifiers === identifiers && ctx.refusal === null) {
      table[slot] = {
        field: this,
        value: own,
        where: ctx.where,
        rules: ctx.rules,
        verdict,
        report: ctx.report.slice(entries),
        kept: ctx.kept.slice(kept),
        count: ctx.count - count,
        pair: null,
      };
    }
    return verdict;
  }
}
