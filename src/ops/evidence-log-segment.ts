/** One chain of segment files, written in whole batches: what is not wholly on the disk is cut off again and was never written. */
import { access, constants, type FileHandle, mkdir, open, rename, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BeginLine, CHAIN_START, type EndLine, headName, linkLine, segmentName } from './evidence-log-chain.ts';

export interface SegmentLimits {
  /** A segment that has grown so large or so old is closed, and the next one begun. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

const DEFAULT_LIMITS: SegmentLimits = { maxBytes: 64 * 1024 * 1024, maxAgeMs: 86_400_000 };

export interface SegmentOptions {
  readonly folder: string;
  /** Names the chain: one for each process. */
  readonly chainId: string;
  /** Whether a batch counts as written only when the disk has it (fdatasync). */
  readonly durable: boolean;
  readonly limits?: SegmentLimits;
  now(): number;
}

export class SegmentWriter {
  readonly #options: SegmentOptions;
  readonly #limits: SegmentLimits;
  #file: FileHandle | null = null;
  #number = 0;
  #chain = CHAIN_START;
  #lines = 0;
  #bytes = 0;
  #begun = 0;
  #others: readonly string[];

  /** @param others last segments of the other chains, for the first line. */
  constructor(options: SegmentOptions, others: readonly string[] = []) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#others = others;
  }

  get path(): string {
    return join(this.#options.folder, segmentName(this.#options.chainId, this.#number));
  }

  /** Name of the segment that is being written; null before the first. */
  get current(): string | null {
    return this.#file === null ? null : segmentName(this.#options.chainId, this.#number);
  }

  /** Chain up to the last line: what an operator may note elsewhere. */
  get chain(): string {
    return this.#chain;
  }

  /**
   * Appends bodies as lines of the chain: all of them or none. One call at a time.
   * @throws the system's error; the chain then stands where it stood.
   */
  async append(bodies: readonly string[]): Promise<void> {
    if (this.#file !== null && this.#isFull()) await this.#end(false);
    if (this.#file === null) await this.#begin();
    await this.#write(bodies);
  }

  /** Closes the last segment with its end line. */
  async close(): Promise<void> {
    if (this.#file !== null) await this.#end(true);
  }

  /** @throws Error of the system where no segment can be begun in it. */
  async openFolder(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
  }

  /** Keeps a silent segment from looking like one that nobody writes any more. */
  async touch(): Promise<void> {
    const now = new Date(this.#options.now());
    if (this.#file !== null) await utimes(this.path, now, now);
  }

  #isFull(): boolean {
    return this.#bytes >= this.#limits.maxBytes || this.#options.now() - this.#begun >= this.#limits.maxAgeMs;
  }

  async #begin(): Promise<void> {
    const { chainId, now } = this.#options;
    await this.openFolder();
    this.#number++;
    try {
      // Never into a file that is there: it would be somebody else's.
      this.#file = await open(this.path, 'wx', 0o600);
    } catch (error) {
      this.#number--;
      throw error;
    }
    this.#lines = 0;
    this.#bytes = 0;
    this.#begun = now();
    const begin: BeginLine = {
      kind: 'begin',
      format: 1,
      chainId,
      segment: this.#number,
      at: new Date(now()).toISOString(),
      after: this.#chain,
      others: this.#others,
    };
    try {
      await this.#write([JSON.stringify(begin)]);
    } catch (error) {
      await unlink(this.path).catch(() => undefined);
      this.#number--;
      throw error;
    }
    this.#others = [];
  }

  async #end(last: boolean): Promise<void> {
    const end: EndLine = { kind: 'end', at: new Date(this.#options.now()).toISOString(), lines: this.#lines, last };
    await this.#write([JSON.stringify(end)]);
    await this.noteHead();
    await this.#file?.close();
    this.#file = null;
  }

  async #write(bodies: readonly string[]): Promise<void> {
    const file = this.#file;
    if (file === null) throw new Error('no segment is open');
    let chain = this.#chain;
    let text = '';
    for (const body of bodies) {
      const link = linkLine(chain, body);
      text += link.line;
      chain = link.chain;
    }
    const bytes = Buffer.from(text);
    try {
      await writeWhole(file, bytes, this.#bytes);
      if (this.#options.durable) await file.datasync();
    } catch (error) {
      await this.#cutBack(file);
      throw error;
    }
    this.#chain = chain;
    this.#lines += bodies.length;
    this.#bytes += bytes.length;
  }

  /**
   * Takes back what a failed write left behind. After a failed sync nobody knows what the disk has, so the file is given up: a new one
   * goes on from the chain that is known to be written.
   */
  async #cutBack(file: FileHandle): Promise<void> {
    this.#file = null;
    try {
      await file.truncate(this.#bytes);
    } catch {
      // Then the segment ends in a torn line, which the check tells from a lost one by the head.
    }
    await file.close().catch(() => undefined);
  }

  /** Writes beside the segments how far the chain has come, so that its end cannot be cut off unseen. */
  async noteHead(): Promise<void> {
    if (this.#number === 0) return;
    const { folder, chainId } = this.#options;
    const path = join(folder, headName(chainId));
    const text = JSON.stringify({ segment: this.#number, lines: this.#lines, chain: this.#chain });
    // A head that cannot be written is an older one, which the check takes for what it is.
    await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600 })
      .then(() => rename(`${path}.new`, path))
      .catch(() => undefined);
    await this.#leaveIfGone();
  }

  /** A file that somebody took away still takes lines, which nobody will ever read: a new segment goes on instead of it. */
  async #leaveIfGone(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    const isThere = await file.stat().then(
      ({ nlink }) => nlink > 0,
      () => true,
    );
    if (isThere) return;
    this.#file = null;
    await file.close().catch(() => undefined);
  }
}

async function writeWhole(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error('nothing was written');
    done += bytesWritten;
  }
}
