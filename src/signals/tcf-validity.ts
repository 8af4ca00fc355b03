/**
 * Whether a TC string that decodes may be relied upon: the rules of the format and of IAB Europe's policies, each with a name.
 * A void string grants nothing. What it refuses still stands: only a yes can be void.
 */
import { hasPurpose, type TcString } from './tcf.ts';

export type TcVoid =
  | 'global-scope'
  | 'policy-version'
  | 'vendors-not-disclosed'
  | 'cmp-unknown'
  | 'cmp-deleted'
  | 'legitimate-interest'
  | 'dates'
  | 'future'
  | 'expired'
  | 'no-clock';

/** CMP ids of the IAB's list, with the day from which an id is deleted (epoch milliseconds) or null. */
export type CmpList = ReadonlyMap<number, number | null>;

const DAY_MS = 86_400_000;
/** Strings made after this day need policy version 4 (TCF 2.2, end of its transition period). */
const POLICY_4_SINCE = Date.UTC(2023, 9, 1);
/** Strings made from this day on need the segment disclosedVendors (TCF 2.3, end of its transition period). */
const DISCLOSURE_SINCE = Date.UTC(2026, 2, 1);
/** Thirteen months: CMPs have to ask again at the latest then (IAB Europe TCF Policies, Appendix B). */
export const DEFAULT_TC_MAX_AGE_MS = 396 * DAY_MS;
/** Dates in the string are days in UTC; a clock may be a little behind. */
const FUTURE_TOLERANCE_MS = DAY_MS;

/** Legal basis "legitimate interest" is forbidden to purpose 1 always, to purposes 3 to 6 from policy version 4. */
function claimsForbiddenInterest(tc: TcString): boolean {
  if (hasPurpose(tc.legitimateInterests, 1)) return true;
  return tc.policyVersion >= 4 && [3, 4, 5, 6].some((purpose) => hasPurpose(tc.legitimateInterests, purpose));
}

/** The first rule that voids a string whatever the time, or null. `cmps` null: no list is at hand, ids 0 and 1 alone are refused. */
function findTimelessVoid(tc: TcString, cmps: CmpList | null): TcVoid | null {
  if (!tc.isServiceSpecific) return 'global-scope';
  if (tc.cmpId < 2 || (cmps !== null && !cmps.has(tc.cmpId))) return 'cmp-unknown';
  if (tc.createdMs >= POLICY_4_SINCE && tc.policyVersion < 4) return 'policy-version';
  if (claimsForbiddenInterest(tc)) return 'legitimate-interest';
  if (tc.lastUpdatedMs >= DISCLOSURE_SINCE && tc.disclosedVendors === null) return 'vendors-not-disclosed';
  return tc.lastUpdatedMs < tc.createdMs ? 'dates' : null;
}

export interface TcValidityOptions {
  readonly cmps: CmpList | null;
  /** Age in milliseconds from which a yes is expired. */
  readonly tcMaxAgeMs: number;
}

/**
 * Why a string is void, or null where it is valid. `now` in epoch milliseconds; null: nobody knows the time, and a string
 * whose age cannot be told is void.
 */
export function findTcVoid(tc: TcString, options: TcValidityOptions, now: number | null): TcVoid | null {
  const timeless = findTimelessVoid(tc, options.cmps);
  if (timeless !== null) return timeless;
  if (now === null) return 'no-clock';
  const deletedMs = options.cmps?.get(tc.cmpId) ?? null;
  if (deletedMs !== null && deletedMs <= now) return 'cmp-deleted';
  if (tc.lastUpdatedMs > now + FUTURE_TOLERANCE_MS) return 'future';
  return tc.lastUpdatedMs < now - options.tcMaxAgeMs ? 'expired' : null;
}
