/** A database of lmdb in one file: the store of records, and the spool. */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { open, type RootDatabase, type RootDatabaseOptions } from 'lmdb';

/** Of lmdb's file format, version 2: where the two meta pages keep what is looked at. */
const MAGIC = 0xbeefc0de;
const META = { magic: 24, pageBytes: 48, lastPage: 144, bytes: 160 } as const;
const SMALLEST_PAGE = 256;
const LARGEST_PAGE = 65_536;

const OPTIONS = {
  noSubdir: true,
  // Without it a commit is on the disk when its promise resolves. With it, and with `flushed` awaited, two processes that
  // were killed while they wrote lost acknowledged records (test/faults/store-kill).
  overlappingSync: false,
  // With it, a commit that fails rejects a promise that nobody holds, and ends the process (test/faults/store-disk).
  eventTurnBatching: false,
  // For its owner only, also where an operator made the folder: the keys of the records are in the file. The library's types do not have it.
  permissionsMode: 0o600,
};

/** @throws Error where it is no database, or with lmdb's own words where it cannot be opened. */
export function openDatabaseFile(path: string, options: Pick<RootDatabaseOptions, 'maxDbs' | 'mapSize'>): RootDatabase {
  try {
    checkDatabaseFile(path);
    return open({ ...OPTIONS, ...options, path });
  } catch (error) {
    const { message } = error as Error;
    throw /permission denied|read-only/i.test(message)
      ? new Error(`${message}; it has to belong to the user of the gateway, on a disk that can be written`)
      : error;
  }
}

/**
 * A look at the file before lmdb maps it into memory: one that is something else, or that was cut, would end the process by a signal, without
 * a word. A file that is not there, or empty, is a new one.
 */
function checkDatabaseFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r+');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const first = readMeta(file, 0);
    const second = first === null ? null : readMeta(file, first.pageBytes);
    if (first === null || second === null)
      throw new Error(`${path} is damaged, or no database: put a backup in its place, or move it away to begin anew`);
    // Where pages at its end are free, a sound file may be shorter. Where they are not, reading them is an error then, and no signal.
    const whole = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageBytes;
    if (size < whole) ftruncateSync(file, whole);
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, at: number): { pageBytes: number; lastPage: number } | null {
  const bytes = Buffer.alloc(META.bytes);
  if (readSync(file, bytes, 0, META.bytes, at) < META.bytes || bytes.readUInt32LE(META.magic) !== MAGIC) return null;
  const pageBytes = bytes.readUInt32LE(META.pageBytes);
  if (pageBytes < SMALLEST_PAGE || pageBytes > LARGEST_PAGE) return null;
  return { pageBytes, lastPage: Number(bytes.readBigUInt64LE(META.lastPage)) };
}
