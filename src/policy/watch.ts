/**
 * Watches a policy folder: atomic renames, symlinks swapped as Kubernetes does, editors' temporary files, slow writers.
 * Says only that something changed and has come to rest; loading is the caller's.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface PolicyWatch {
  /** Resolves once the folder has been looked at: whatever changes from then on is reported, so load after it. Never rejects. */
  readonly ready: Promise<void>;
  close(): void;
}

export interface WatchOptions {
  /** Quiet time after which a change counts as complete, in milliseconds. Default 40. */
  readonly settleMs?: number;
  /** How often the folder is looked at where the system reports nothing (network disks), in milliseconds. Default 10,000: a look costs a millisecond of CPU. */
  readonly pollMs?: number;
}

/** Folders below that belong to the set. */
const BELOW = ['', 'base', 'vendors'];

/**
 * Calls `onChange` once for every state of the folder that came to rest and differs from the one before. The call waits for
 * nothing; several changes in a row are one.
 */
export function watchPolicies(folder: string, onChange: () => void, options: WatchOptions = {}): PolicyWatch {
  const watcher = new FolderWatch(folder, onChange, options.settleMs ?? 40, options.pollMs ?? 10_000);
  return { ready: watcher.start(), close: () => watcher.close() };
}

class FolderWatch {
  readonly #folder: string;
  readonly #onChange: () => void;
  readonly #settleMs: number;
  readonly #pollMs: number;
  #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  /** What was last reported, or was there at the start. */
  #known: string | null = null;
  #looking = false;
  #again = false;
  #closed = false;

  constructor(folder: string, onChange: () => void, settleMs: number, pollMs: number) {
    this.#folder = folder;
    this.#onChange = onChange;
    this.#settleMs = settleMs;
    this.#pollMs = pollMs;
  }

  start(): Promise<void> {
    this.#listen();
    this.#poll = setInterval(() => void this.#look(), this.#pollMs);
    this.#poll.unref();
    return this.#look();
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.close();
    clearTimeout(this.#timer);
    clearInterval(this.#poll);
  }

  /** A watcher follows the folder that it was opened on, so after a swap of a symlink all are opened anew. */
  #listen(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = BELOW.flatMap((below) => {
      try {
        const watcher = watch(join(this.#folder, below), { persistent: false }, () => this.#touch());
        watcher.on('error', () => this.#touch());
        return [watcher];
      } catch {
        return [];
      }
    });
  }

  #touch(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.#settleMs);
    this.#timer.unref();
  }

  /** Looks until two looks in a row see the same: half-written files are not reported. */
  async #look(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    try {
      let seen = await describeFolder(this.#folder);
      this.#known ??= seen;
      while (seen !== this.#known && !this.#closed) {
        await new Promise((resolve) => setTimeout(resolve, this.#settleMs));
        const now = await describeFolder(this.#folder);
        if (now === seen) {
          this.#known = seen;
          this.#listen();
          this.#onChange();
        }
        seen = now;
      }
    } finally {
      this.#looking = false;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.#touch();
      }
    }
  }
}

/** Names, sizes, times and inodes of the files, symlinks followed: as much as a reload needs to know whether to look. */
async function describeFolder(folder: string): Promise<string> {
  const parts: string[] = [];
  for (const below of BELOW) {
    const names = await readdir(join(folder, below)).catch(() => []);
    for (const name of names.sort()) {
      if (name.startsWith('.') || !/\.ya?ml$/i.test(name)) continue;
      const file = await stat(join(folder, below, name)).catch(() => null);
      parts.push(`${below}/${name} ${file === null ? 'gone' : `${file.size} ${file.mtimeMs} ${file.ino}`}`);
    }
  }
  return parts.join('\n');
}
