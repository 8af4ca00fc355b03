/** A resolved set: plain data that can cross a thread, and the parsed files that it comes from. */
import type { Purpose } from '../consent/state.ts';
import type { CompleteBody } from './rules.ts';
import type { Body, RuleFile } from './schema.ts';
import type { TestFile } from './schema-tests.ts';
import type { Source } from './source.ts';

/** Where the row of a purpose stands, as `file:line`. */
export type RowLines = { readonly [P in Purpose]?: string };

export interface ResolvedVariant {
  readonly match: readonly string[];
  readonly label: string | null;
  /** First and first no longer answering UTC day, in milliseconds since the epoch; null where open. */
  readonly effective: number | null;
  readonly until: number | null;
  readonly patch: Body;
  readonly lines: RowLines;
}

export interface ResolvedPolicy {
  readonly id: string;
  readonly title: string;
  /** `id@version#hash`. */
  readonly version: string;
  readonly file: string;
  readonly effective: number | null;
  readonly until: number | null;
  readonly match: readonly string[];
  readonly body: CompleteBody;
  readonly variants: readonly ResolvedVariant[];
  readonly lines: RowLines;
}

export interface ResolvedSet {
  /** In the order of their ids. */
  readonly policies: readonly ResolvedPolicy[];
  /** Hash over the resolved set, hex, 16 characters. */
  readonly revision: string;
}

export interface ParsedRuleFile {
  readonly source: Source;
  readonly file: RuleFile;
}

export interface ParsedTestFile {
  readonly source: Source;
  readonly file: TestFile;
}
