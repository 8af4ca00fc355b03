/** Who has taken a task, in the stores that have no clock of their own. */
export interface Claim {
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Whether a task is another holder's now. */
export function isTaken(claim: Claim | undefined, holder: string, now: number): boolean {
  return claim !== undefined && claim.holder !== holder && now < claim.until;
}
