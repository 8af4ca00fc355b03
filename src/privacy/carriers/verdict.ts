/** What a visitor says about a value: keep it as it stands (`true`), remove it (`false`), or write another value. */
export type Verdict = boolean | string;

/** A name and its value as they were written, what was said about the value, and, where that is another value, how it is written. */
export interface KnownPair {
  readonly text: string;
  readonly verdict: Verdict;
  readonly written: string;
}
