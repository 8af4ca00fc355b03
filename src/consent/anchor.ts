/**
 * The head of heads: a file of a day that vouches for every chain as it stood, to be kept where nobody of the gateway can
 * write. Its lines name subjects by a hash, so that it holds nothing of anybody, also after an erasure.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsentStore, SubjectChain } from '../store/store.ts';

/** First line of the file; a line for each subject follows: `digest sequence hash`, sorted. */
export interface AnchorHeader {
  readonly format: 'consentry-anchor/1';
  /** Day (UTC). */
  readonly day: string;
  readonly subjects: number;
  /** SHA-256 over all lines that follow, hex: small enough to be printed in a newspaper. */
  readonly root: string;
}

export interface WrittenAnchor extends AnchorHeader {
  readonly path: string;
}

/** Reads every chain's end and writes `anchor-DAY.txt` into the folder, whole or not at all. @throws StoreUnavailable */
export async function writeAnchor(store: ConsentStore, folder: string, now: number): Promise<WrittenAnchor> {
  const lines: string[] = [];
  for await (const subject of store.subjects()) {
    const { sequence, hash } = await store.readTip(subject);
    lines.push(`${digestSubject(subject)} ${sequence} ${hash}\n`);
  }
  lines.sort();
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line);
  const day = new Date(now).toISOString().slice(0, 10);
  const header: AnchorHeader = { format: 'consentry-anchor/1', day, subjects: lines.length, root: hash.digest('hex') };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `anchor-${day}.txt`);
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${JSON.stringify(header)}\n${lines.join('')}`, { flush: true });
  renameSync(draft, path);
  return { ...header, path };
}

export type AnchorFinding = 'agrees' | 'changed' | 'missing' | 'unknown' | 'damaged';

/**
 * Whether a chain still holds what an anchor vouched for. `unknown`: the subject was not there that day; `damaged`: the
 * anchor itself was changed since.
 */
export function checkAnchor(anchor: string, subject: string, chain: SubjectChain): AnchorFinding {
  const end = anchor.indexOf('\n');
  const lines = anchor.slice(end + 1);
  try {
    const header = JSON.parse(anchor.slice(0, end)) as Partial<AnchorHeader>;
    if (header.root !== createHash('sha256').update(lines).digest('hex')) return 'damaged';
  } catch {
    return 'damaged';
  }
  const digest = digestSubject(subject);
  const at = lines.startsWith(digest) ? 0 : lines.indexOf(`\n${digest} `) + 1;
  if (at === 0 && !lines.startsWith(digest)) return 'unknown';
  const [, sequence, hash] = lines.slice(at, lines.indexOf('\n', at)).split(' ');
  const record = chain.records.find((candidate) => candidate.sequence === Number(sequence));
  if (record === undefined) return 'missing';
  return record.hash === hash ? 'agrees' : 'changed';
}

function digestSubject(subject: string): string {
  return createHash('sha256').update(`consentry-anchor ${subject}`).digest('hex').slice(0, 32);
}
