/**
 * Reads HTTP/1.1 answers off a connection (RFC 9112). Stricter than it has to be: what two readers could read differently, or what
 * would tell where the next answer begins in more than one way, is no answer, and the connection ends.
 */

/** Told of an answer as it is read. Called within {@link AnswerParser.read}; slices of the input are only good until it returns. */
export interface AnswerEvents {
  /** Also for interim answers (1xx), which have no body and no end. */
  head(status: number, rawHeaders: readonly string[]): void;
  data(slice: Buffer): void;
  /**
   * @param reusable whether the connection may carry another exchange.
   * @param saidClose whether that is what the answer said: what was sent behind its request is not processed then (RFC 9112 § 9.6).
   */
  end(reusable: boolean, saidClose: boolean): void;
}

interface Head {
  readonly text: string;
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly length: number | null;
  readonly isChunked: boolean;
  readonly isPersistent: boolean;
  readonly saysClose: boolean;
}

type State = 'head' | 'fixed' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close' | 'done' | 'broken';

const HEAD_END = Buffer.from('\r\n\r\n');
const MOST_HEAD_BYTES = 16_384;
const MOST_LINE_BYTES = 1_024;
const MOST_TRAILER_BYTES = 8_192;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not stand in a field value (RFC 9110 § 5.5)
const BAD_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/;

/** Lower-case spellings of valid names, once per spelling. */
const names = new Map<string, string>();
const MOST_NAMES = 1_024;

function lowerName(name: string): string | null {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) return null;
  const lower = name.toLowerCase();
  if (names.size < MOST_NAMES) names.set(name, lower);
  return lower;
}

export class AnswerParser {
  readonly #events: AnswerEvents;
  #state: State = 'head';
  /** Begin of a head or line that is not whole yet. */
  #held: Buffer | null = null;
  #left = 0;
  #trailerBytes = 0;
  /** Of the answer that is read. */
  #isPersistent = true;
  #saysClose = false;
  /** The last one: a collector's answers are alike but for their second, and what is the same is not read again. */
  #last: Head | null = null;
  readonly #isHead: () => boolean;

  /** @param isHead whether the exchange whose answer is next asked with HEAD. */
  constructor(events: AnswerEvents, isHead: () => boolean) {
    this.#events = events;
    this.#isHead = isHead;
  }

  /** Whether an answer has begun and not ended. */
  get isInside(): boolean {
    return (this.#state !== 'head' && this.#state !== 'done') || this.#held !== null;
  }

  /** @returns false where the bytes are no valid answer: nothing of the connection can be believed then. */
  read(input: Buffer): boolean {
    let bytes = input;
    if (this.#held !== null) {
      bytes = Buffer.concat([this.#held, input]);
      this.#held = null;
    }
    let at = 0;
    while (at < bytes.length) {
      const next = this.#step(bytes, at);
      if (next === -1) {
        this.#state = 'broken';
        return false;
      }
      // Nothing could be taken: the rest is the begin of something.
      if (next === at) {
        this.#held = Buffer.from(bytes.subarray(at));
        return true;
      }
      at = next;
    }
    return true;
  }

  /** The connection ended. @returns whether that was the end of an answer or came between two. */
  close(): boolean {
    if (this.#state === 'until-close') {
      this.#finish(false);
      return true;
    }
    return !this.isInside;
  }

  /** @returns where it goes on, `at` where more bytes are needed, -1 where the bytes are invalid. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at);
      case 'fixed':
      case 'chunk-data': {
        const end = Math.min(bytes.length, at + this.#left);
        this.#left -= end - at;
        this.#events.data(bytes.subarray(at, end));
        if (this.#left === 0) {
          if (this.#state === 'fixed') this.#finish(this.#isPersistent);
          else this.#state = 'chunk-end';
        }
        return end;
      }
      case 'chunk-end':
        if (bytes.length - at < 2) return bytes[at] === 0x0d ? at : -1;
        if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) return -1;
        this.#state = 'chunk-size';
        return at + 2;
      case 'chunk-size':
        return this.#readChunkSize(bytes, at);
      case 'trailer':
        return this.#readTrailer(bytes, at);
      case 'until-close':
        this.#events.data(bytes.subarray(at));
        return bytes.length;
      case 'done':
      case 'broken':
        return -1;
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(HEAD_END, at);
    if (end === -1) return bytes.length - at > MOST_HEAD_BYTES ? -1 : at;
    if (end - at > MOST_HEAD_BYTES) return -1;
    const text = bytes.toString('latin1', at, end);
    const head = this.#last?.text === text ? this.#last : readHeadText(text);
    if (head === null) return -1;
    this.#last = head;
    return this.#begin(head) ? end + 4 : -1;
  }

  #begin({ status, rawHeaders, length, isChunked, isPersistent, saysClose }: Head): boolean {
    // Nobody asked for another protocol.
    if (status === 101) return false;
    const isBodiless = status < 200 || status === 204 || status === 304 || this.#isHead();
    this.#events.head(status, rawHeaders);
    if (status < 200) return true;
    this.#isPersistent = isPersistent;
    this.#saysClose = saysClose;
    if (isBodiless || length === 0) this.#finish(isPersistent);
    else if (isChunked) this.#state = 'chunk-size';
    else if (length === null) this.#state = 'until-close';
    else {
      this.#left = length;
      this.#state = 'fixed';
    }
    return true;
  }

  #readChunkSize(bytes: Buffer, at: number): number {
    const line = readLine(bytes, at, MOST_LINE_BYTES);
    if (typeof line === 'number') return line;
    const size = CHUNK_SIZE.exec(line);
    if (size === null) return -1;
    this.#left = Number.parseInt(size[1] as string, 16);
    this.#trailerBytes = 0;
    this.#state = this.#left === 0 ? 'trailer' : 'chunk-data';
    return at + line.length + 2;
  }

  /** Trailer fields are read and left out: nobody here knows what they would say (RFC 9110 § 6.5.1). */
  #readTrailer(bytes: Buffer, at: number): number {
    const line = readLine(bytes, at, MOST_LINE_BYTES);
    if (typeof line === 'number') return line;
    this.#trailerBytes += line.length + 2;
    if (this.#trailerBytes > MOST_TRAILER_BYTES) return -1;
    if (line === '') this.#finish(this.#isPersistent);
    else if (lowerName(line.slice(0, Math.max(0, line.indexOf(':')))) === null || BAD_VALUE.test(line)) return -1;
    return at + line.length + 2;
  }

  #finish(reusable: boolean): void {
    this.#state = reusable ? 'head' : 'done';
    this.#events.end(reusable, this.#saysClose);
  }
}

/** Status line and fields of an answer, without the empty line behind them. Null where two readers could read them differently. */
function readHeadText(text: string): Head | null {
  let lineEnd = text.indexOf('\r\n');
  const status = STATUS_LINE.exec(lineEnd === -1 ? text : text.slice(0, lineEnd));
  if (status === null) return null;
  const rawHeaders: string[] = [];
  let length: number | null = null;
  let isChunked = false;
  let saysClose = false;
  while (lineEnd !== -1) {
    const start = lineEnd + 2;
    lineEnd = text.indexOf('\r\n', start);
    const stop = lineEnd === -1 ? text.length : lineEnd;
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon >= stop) return null;
    const name = text.slice(start, colon);
    const lower = lowerName(name);
    if (lower === null) return null;
    const value = trimBlanks(text, colon + 1, stop);
    if (BAD_VALUE.test(value)) return null;
    if (lower === 'content-length') {
      if (length !== null || !/^\d{1,15}$/.test(value)) return null;
      length = Number(value);
    } else if (lower === 'transfer-encoding') {
      if (isChunked || value.toLowerCase() !== 'chunked') return null;
      isChunked = true;
    } else if (lower === 'connection' && /(?:^|[\s,])close(?:$|[\s,])/i.test(value)) saysClose = true;
    rawHeaders.push(name, value);
  }
  if (isChunked && (length !== null || status[1] === '0')) return null;
  const isPersistent = status[1] === '1' && !saysClose;
  return { text, status: Number(status[2]), rawHeaders, length, isChunked, isPersistent, saysClose };
}

/** The line without its CR LF; `at` where it is not whole yet, -1 where it is too long or holds a bare LF. */
function readLine(bytes: Buffer, at: number, mostBytes: number): string | number {
  const end = bytes.indexOf(0x0a, at);
  if (end === -1) return bytes.length - at > mostBytes ? -1 : at;
  if (end === at || bytes[end - 1] !== 0x0d || end - at > mostBytes) return -1;
  const line = bytes.toString('latin1', at, end - 1);
  return line.includes('\r') ? -1 : line;
}

function trimBlanks(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
