/** Finds what was done to a decision log: lines that were changed, taken out, moved or cut off, and segments that are gone. */
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CHAIN_START, headName, parseHeadName, parseSegmentName, readLink, segmentName } from './evidence-log-chain.ts';

export interface EvidenceCheck {
  readonly segments: number;
  readonly lines: number;
  /** `file:line: what is wrong`, as far as a line can be named. */
  readonly problems: readonly string[];
  /** Chain at the end of each chain: what to note elsewhere. */
  readonly heads: readonly string[];
}

/** What is learned while all chains are read, to be compared at the end. */
interface Findings {
  lines: number;
  readonly problems: string[];
  readonly heads: string[];
  readonly retired: Set<string>;
  /** Segments that must be there or retired, and who says so. */
  readonly expected: Map<string, string>;
  /** Every value that some chain passed through: an anchor has to be among them. */
  readonly anchors: Set<string>;
  readonly anchor: string | null;
  readonly tell: (lines: number) => void;
}

/**
 * @param anchor a chain value that was noted elsewhere: it has to be in the log. Null for none.
 * @param tell called after each line with the number of lines so far, for somebody who waits.
 * @throws the system's error where the folder cannot be read.
 */
export async function verifyEvidence(
  folder: string,
  anchor: string | null = null,
  tell: (lines: number) => void = () => undefined,
): Promise<EvidenceCheck> {
  const names = (await readdir(folder)).sort();
  const chains = new Map<string, number[]>();
  const findings: Findings = {
    lines: 0,
    problems: [],
    heads: [],
    retired: new Set(),
    expected: new Map(),
    anchors: new Set(),
    anchor,
    tell,
  };
  for (const name of names) {
    const segment = parseSegmentName(name);
    if (segment !== null) chains.set(segment.chainId, [...(chains.get(segment.chainId) ?? []), segment.number]);
    const headOf = parseHeadName(name);
    if (headOf !== null && !chains.has(headOf)) chains.set(headOf, chains.get(headOf) ?? []);
  }
  for (const [chainId, numbers] of chains) await verifyChain(folder, chainId, numbers, findings);
  for (const [name, sayer] of findings.expected) {
    const segment = parseSegmentName(name);
    const isThere = segment !== null && chains.get(segment.chainId)?.includes(segment.number) === true;
    if (!isThere && !findings.retired.has(name)) findings.problems.push(`${name}: is missing; ${sayer} names it`);
  }
  if (anchor !== null && !findings.anchors.has(anchor)) findings.problems.push(`${folder}: the anchor ${anchor} is in no chain`);
  const segments = Array.from(chains.values(), (numbers) => numbers.length).reduce((sum, count) => sum + count, 0);
  return { segments, lines: findings.lines, problems: findings.problems, heads: findings.heads };
}

/** Where a chain stands after a segment. */
interface Standing {
  chain: string;
  /** Line after which it stands, for messages. */
  lines: number;
  hasEnd: boolean;
  isLast: boolean;
  torn: number | null;
  /** Chain after each line, only of the segment that the head names. */
  readonly passed: Set<string>;
}

async function verifyChain(folder: string, chainId: string, numbers: readonly number[], findings: Findings): Promise<void> {
  const { problems } = findings;
  const head = await readHead(join(folder, headName(chainId)));
  const first = numbers[0];
  if (first === undefined) {
    problems.push(`${headName(chainId)}: has no segments; they were removed`);
    return;
  }
  if (first > 1) findings.expected.set(segmentName(chainId, first - 1), segmentName(chainId, first));
  let before: Standing | null = null;
  for (const [index, number] of numbers.entries()) {
    const name = segmentName(chainId, number);
    const previous = numbers[index - 1];
    if (previous !== undefined && previous !== number - 1) {
      problems.push(`${segmentName(chainId, previous + 1)}: is missing between ${segmentName(chainId, previous)} and ${name}`);
      before = null;
    }
    const standing = await verifySegment(join(folder, name), number === 1 ? CHAIN_START : null, before, findings);
    const isFinal = index === numbers.length - 1;
    if (standing.torn !== null && !standing.hasEnd && isFinal && head?.chain !== standing.chain)
      problems.push(`${name}:${standing.torn}: the line is cut off`);
    if (head !== null && head.segment === number && !standing.passed.has(head.chain))
      problems.push(`${name}:${standing.lines + 1}: lines are missing at the end: there were ${head.lines} of them`);
    if (isFinal) {
      if (head !== null && head.segment > number)
        problems.push(`${segmentName(chainId, head.segment)}: is missing at the end of the chain`);
      if (head === null && !standing.isLast)
        problems.push(`${headName(chainId)}: is missing, so that the end of the chain cannot be vouched for`);
      findings.heads.push(standing.chain);
    }
    before = standing;
  }
}

async function verifySegment(path: string, start: string | null, before: Standing | null, findings: Findings): Promise<Standing> {
  const name = basename(path);
  const { problems, anchors, anchor } = findings;
  const standing: Standing = {
    chain: before?.chain ?? start ?? '',
    lines: 0,
    hasEnd: false,
    isLast: false,
    torn: null,
    passed: new Set(),
  };
  let number = 0;
  let broken = false;
  for await (const { text, whole } of readLines(path)) {
    number++;
    const kind = readKind(text);
    // The first line of the first segment that is still there says itself after what it stands.
    if (number === 1 && standing.chain === '') standing.chain = kind?.after ?? '';
    const link = whole ? readLink(standing.chain, text) : { ok: false as const };
    // A line that was being written is torn, and none is after the end.
    if (standing.hasEnd) problems.push(`${name}:${number}: stands after the end of the segment`);
    if (!link.ok || kind === null) {
      if (!whole) standing.torn = number;
      else if (!standing.hasEnd) problems.push(`${name}:${number}: is no line of the log`);
      broken ||= whole;
      continue;
    }
    // After a line that was changed or taken out, the chain is taken up again, so that each deed is named once.
    if (!link.holds && !broken) problems.push(`${name}:${number}: ${whyBroken(number, kind, standing)}`);
    broken = false;
    standing.chain = link.chain;
    standing.lines = number;
    standing.passed.add(link.chain);
    if (anchor !== null) anchors.add(link.chain);
    findings.tell(++findings.lines);
    if (number === 1 && kind.kind !== 'begin') problems.push(`${name}:1: the segment does not begin here: lines are missing`);
    if (kind.kind === 'retired') findings.retired.add(kind.segment ?? '');
    if (kind.kind === 'begin') for (const other of kind.others ?? []) findings.expected.set(other, `${name}:${number}`);
    if (kind.kind === 'end') {
      standing.hasEnd = true;
      standing.isLast = kind.last === true;
    }
  }
  return standing;
}

function whyBroken(number: number, kind: LineKind, { chain }: Standing): string {
  if (number === 1 && kind.after !== undefined && kind.after !== chain)
    return 'the segment does not go on where the one before it ends: lines are missing at its end';
  return 'this line or the one before it was changed, taken out or moved';
}

interface LineKind {
  readonly kind: string;
  readonly after?: string;
  readonly others?: readonly string[];
  readonly segment?: string;
  readonly last?: boolean;
}

function readKind(text: string): LineKind | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && typeof (value as LineKind).kind === 'string'
      ? (value as LineKind)
      : null;
  } catch {
    return null;
  }
}

interface Head {
  readonly segment: number;
  readonly lines: number;
  readonly chain: string;
}

async function readHead(path: string): Promise<Head | null> {
  try {
    const { segment, lines, chain } = JSON.parse(await readFile(path, 'utf8')) as Head;
    return { segment, lines, chain };
  } catch {
    return null;
  }
}

/** Lines, and whether each ends in a line feed. */
async function* readLines(path: string): AsyncGenerator<{ text: string; whole: boolean }> {
  const stream = createReadStream(path, { encoding: 'latin1' });
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { text: Buffer.from(text, 'latin1').toString('utf8'), whole: true };
  }
  if (rest !== '') yield { text: rest, whole: false };
}
