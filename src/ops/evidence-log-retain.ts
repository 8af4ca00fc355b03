/** Retention of the decision log: whole segments go when the youngest line in them is too old, and a line says so first. */
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { headName, parseSegmentName, type RetiredLine, segmentName } from './evidence-log-chain.ts';

export interface Retention {
  readonly folder: string;
  readonly retainMs: number;
  /** Segment that is being written, which stays whatever its age; null for none. */
  readonly current: string | null;
  readonly now: number;
  /** Writes the line; resolves when it is written. */
  write(line: RetiredLine): Promise<void>;
}

/** Removes what is too old. Several processes may do so at once. */
export async function retireSegments({ folder, retainMs, current, now, write }: Retention): Promise<void> {
  const names = (await listSegments(folder)).filter((name) => name !== current);
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found === null || now - found.mtimeMs < retainMs) continue;
    await write({ kind: 'retired', at: new Date(now).toISOString(), segment: name });
    await unlink(path).catch(() => undefined);
    await removeLonelyHead(folder, name);
  }
}

/** Names of all segments, chain by chain, oldest first. Empty where the folder is not there yet. */
export async function listSegments(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => parseSegmentName(name) !== null).sort();
}

/** Last segments of the chains that other processes wrote or write. */
export async function listLastSegments(folder: string): Promise<string[]> {
  const last = new Map<string, number>();
  for (const name of await listSegments(folder)) {
    const segment = parseSegmentName(name);
    if (segment !== null) last.set(segment.chainId, Math.max(segment.number, last.get(segment.chainId) ?? 0));
  }
  return Array.from(last, ([chainId, number]) => segmentName(chainId, number));
}

async function removeLonelyHead(folder: string, name: string): Promise<void> {
  const chainId = parseSegmentName(name)?.chainId ?? '';
  const left = await listSegments(folder);
  if (!left.some((other) => parseSegmentName(other)?.chainId === chainId))
    await unlink(join(folder, headName(chainId))).catch(() => undefined);
}
