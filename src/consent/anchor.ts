/**
 * The head of heads: a file of a day that vouches for every chain as it stood, to be kept where nobody of the gateway can
 * write. Its lines name subjects by a hash, so that it holds nothing of anybody, also after an erasure.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsentStore, SubjectChain } from '../store/store.ts';
import { walkSubjects } from './walk.ts';

/** First line of the file, filled up with blanks; a line for each subject follows: `digest sequence hash`. */
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

/** Room for the header, which is known last and stands first. */
const HEADER_CHARS = 199;
const CHUNK_CHARS = 65_536;

/**
 * Reads every chain's end and writes `anchor-DAY.txt` into the folder, whole or not at all, in little memory however many
 * there are. @throws StoreUnavailable, and what the signal was aborted with
 */
export async function writeAnchor(
  store: ConsentStore,
  folder: string,
  now: number,
  signal?: AbortSignal,
): Promise<WrittenAnchor> {
  await mkdir(folder, { recursive: true });
  const day = new Date(now).toISOString().slice(0, 10);
  const path = join(folder, `anchor-${day}.txt`);
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    const header = await writeLines(store, draft, day, signal);
    await rename(draft, path);
    return { ...header, path };
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeLines(store: ConsentStore, draft: string, day: string, signal?: AbortSignal): Promise<AnchorHeader> {
  const file = await open(draft, 'wx');
  try {
    const root = createHash('sha256');
    await file.appendFile(`${''.padEnd(HEADER_CHARS)}\n`);
    let [subjects, chunk] = [0, ''];
    const flush = async () => {
      root.update(chunk);
      await file.appendFile(chunk);
      chunk = '';
    };
    for await (const subject of walkSubjects(store, signal)) {
      const { sequence, hash } = await store.readTip(subject);
      chunk += `${digestSubject(subject)} ${sequence} ${hash}\n`;
      subjects++;
      if (chunk.length > CHUNK_CHARS) await flush();
    }
    await flush();
    const header: AnchorHeader = { format: 'consentry-anchor/1', day, subjects, root: root.digest('hex') };
    await file.write(`${JSON.stringify(header).padEnd(HEADER_CHARS)}\n`, 0);
    await file.sync();
    return header;
  } finally {
    await file.close();
  }
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
