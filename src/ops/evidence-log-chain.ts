/**
 * The chain of the decision log: each line ends in the SHA-256 over the chain before it and its own text, so that nothing can be
 * changed, taken out or moved without every later line giving it away. Over bytes: no parser's idea of JSON comes into it.
 */
import { createHash } from 'node:crypto';

/** What stands before the first line of a chain. */
export const CHAIN_START = '0'.repeat(64);

const TAIL = /^(\{.*),"chain":"([0-9a-f]{64})"\}$/;

/** A whole line with its line feed, and the chain up to it. `body` is the JSON of an object that is not empty. */
export function linkLine(before: string, body: string): { readonly line: string; readonly chain: string } {
  const open = body.slice(0, -1);
  const chain = hashLink(before, open);
  return { line: `${open},"chain":"${chain}"}\n`, chain };
}

export type Link = { readonly ok: true; readonly chain: string; readonly holds: boolean } | { readonly ok: false };

/** @param text a line without its line feed. `holds`: whether it follows `before`. */
export function readLink(before: string, text: string): Link {
  const match = TAIL.exec(text);
  if (match === null) return { ok: false };
  const [, open = '', chain = ''] = match;
  return { ok: true, chain, holds: hashLink(before, open) === chain };
}

function hashLink(before: string, open: string): string {
  return createHash('sha256').update(before).update(open).digest('hex');
}

/** Segments of one process: `decisions-CHAIN-000001.ndjson`, and `decisions-CHAIN.head` with the last line that was written. */
export function segmentName(chainId: string, number: number): string {
  return `decisions-${chainId}-${String(number).padStart(6, '0')}.ndjson`;
}

export function headName(chainId: string): string {
  return `decisions-${chainId}.head`;
}

const SEGMENT = /^decisions-([0-9a-z]+-[0-9a-z]+)-(\d{6})\.ndjson$/;
const HEAD = /^decisions-([0-9a-z]+-[0-9a-z]+)\.head$/;

export function parseSegmentName(name: string): { readonly chainId: string; readonly number: number } | null {
  const match = SEGMENT.exec(name);
  return match === null ? null : { chainId: match[1] as string, number: Number(match[2]) };
}

export function parseHeadName(name: string): string | null {
  return HEAD.exec(name)?.[1] ?? null;
}

/** First line of a segment: it names the place in the chain where it goes on, and the other chains of the folder as they stood. */
export interface BeginLine {
  readonly kind: 'begin';
  readonly format: 1;
  readonly chainId: string;
  readonly segment: number;
  readonly at: string;
  /** Chain before the segment. */
  readonly after: string;
  /** Last segments of other chains, at the start of a process: they cannot vanish without a trace either. */
  readonly others: readonly string[];
}

/** Last line of a segment that is complete. `last`: the process ended here in good order. */
export interface EndLine {
  readonly kind: 'end';
  readonly at: string;
  /** Lines before this one. */
  readonly lines: number;
  readonly last: boolean;
}

/** A segment that retention has taken: without this line, a missing segment is a hole. */
export interface RetiredLine {
  readonly kind: 'retired';
  readonly at: string;
  readonly segment: string;
}
