/** The answer to a direct request, written as node:http would write it, head and body in one piece where both are there. */
import { STATUS_CODES } from 'node:http';
import { isFieldName, isFieldValue } from '../upstream/headers.ts';
import type { DirectRequest } from './direct-request.ts';
import type { VisitorResponse } from './visitor.ts';

/** The connection, as an answer needs it. */
export interface AnswerSink {
  /** Whether this has to be the last answer. */
  readonly isEnding: boolean;
  /** What says how long the connection is kept, as lines. */
  readonly keepAliveLines: string;
  readonly writableLength: number;
  /** @returns false where a drain should be waited for. */
  write(head: string, body: Buffer | null): boolean;
  /** The answer is whole. */
  ended(keepsAlive: boolean): void;
  destroy(): void;
}

/** What is said here alone. */
const FRAMING = /^(?:transfer-encoding|trailer|keep-alive)$/i;
const LAST_CHUNK = '0\r\n\r\n';

export class DirectResponse implements VisitorResponse {
  readonly req: DirectRequest;
  shouldKeepAlive: boolean;
  headersSent = false;
  writableFinished = false;
  readonly #sink: AnswerSink;
  /** Waits for the first bytes of the body, or for the end. */
  #head = '';
  #hasBody = true;
  #isChunked = false;
  #onDrain: (() => void) | null = null;
  #onClose: (() => void) | null = null;

  constructor(req: DirectRequest, sink: AnswerSink) {
    this.req = req;
    this.#sink = sink;
    this.shouldKeepAlive = req.keepsAlive;
  }

  get writableLength(): number {
    return this.#sink.writableLength;
  }

  /** @throws TypeError for what would not be a header line. */
  writeHead(status: number, headers: readonly string[]): this {
    if (this.headersSent) throw new TypeError('the head of this answer is written');
    if (this.#sink.isEnding) this.shouldKeepAlive = false;
    const lines = readLines(headers);
    if (lines.saysClose) this.shouldKeepAlive = false;
    let text = statusLine(status) + lines.text;
    if (!lines.hasDate) text += dateLine();
    if (!lines.saysConnection) text += this.shouldKeepAlive ? this.#sink.keepAliveLines : 'Connection: close\r\n';
    this.#hasBody = this.req.method !== 'HEAD' && status !== 204 && status !== 304;
    if (this.#hasBody && !lines.hasLength) {
      this.#isChunked = true;
      text += 'Transfer-Encoding: chunked\r\n';
    }
    this.#head = `${text}\r\n`;
    this.headersSent = true;
    return this;
  }

  write(chunk: Buffer): boolean {
    const head = this.#takeHead();
    if (!this.#hasBody || chunk.length === 0) return head === '' || this.#sink.write(head, null);
    if (!this.#isChunked) return this.#sink.write(head, chunk);
    this.#sink.write(`${head}${chunk.length.toString(16)}\r\n`, chunk);
    return this.#sink.write('\r\n', null);
  }

  /** @param body a Buffer, or text with a character for each byte. */
  end(body: Buffer | string = ''): void {
    if (this.writableFinished) return;
    const head = this.#takeHead();
    const text = !this.#hasBody ? '' : typeof body === 'string' ? body : body.toString('latin1');
    const whole = this.#isChunked ? head + asChunk(text) + LAST_CHUNK : head + text;
    if (whole !== '') this.#sink.write(whole, null);
    this.writableFinished = true;
    this.#sink.ended(this.shouldKeepAlive);
  }

  /** Whether this has to be the last answer, whatever the visitor wants. */
  get isEnding(): boolean {
    return this.#sink.isEnding;
  }

  /**
   * What somebody else frames of an answer, head and all.
   * @param bytes a Buffer, or text with a character for each byte
   * @returns false where a drain should be waited for.
   */
  writeFramed(bytes: Buffer | string): boolean {
    // The connection has gone on to another answer.
    if (this.writableFinished) return true;
    this.headersSent = true;
    return typeof bytes === 'string' ? this.#sink.write(bytes, null) : this.#sink.write('', bytes);
  }

  /** All of it was written. */
  endFramed(keepsAlive: boolean): void {
    if (this.writableFinished) return;
    this.writableFinished = true;
    this.#sink.ended(keepsAlive && !this.#sink.isEnding);
  }

  destroy(): void {
    this.#sink.destroy();
  }

  /** One listener of each. `close` is for an answer that was not whole. */
  on(event: 'drain' | 'close', listener: () => void): this {
    if (event === 'drain') this.#onDrain = listener;
    else this.#onClose = listener;
    return this;
  }

  /** The visitor has read what waited. */
  drained(): void {
    this.#onDrain?.();
  }

  /** The visitor is gone. */
  closed(): void {
    this.#onClose?.();
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }
}

function asChunk(text: string): string {
  return text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`;
}

interface Lines {
  readonly text: string;
  readonly hasDate: boolean;
  readonly hasLength: boolean;
  readonly saysConnection: boolean;
  readonly saysClose: boolean;
}

/** Of lists that cannot change: those of answers that are always the same. */
const KNOWN_LINES = new WeakMap<readonly string[], Lines>();

function readLines(headers: readonly string[]): Lines {
  const known = KNOWN_LINES.get(headers);
  if (known !== undefined) return known;
  const lines = writeLines(headers);
  if (Object.isFrozen(headers)) KNOWN_LINES.set(headers, lines);
  return lines;
}

/** @throws TypeError for what would not be a header line. */
function writeLines(headers: readonly string[]): Lines {
  let text = '';
  let hasDate = false;
  let hasLength = false;
  let saysConnection = false;
  let saysClose = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!isFieldName(name) || !isFieldValue(value)) throw new TypeError('a header line that is none');
    switch (name.length) {
      case 4:
        hasDate ||= name.toLowerCase() === 'date';
        break;
      case 7:
      case 17:
        if (FRAMING.test(name)) throw new TypeError('the framing of an answer is said by nobody else');
        break;
      case 10:
        if (FRAMING.test(name)) throw new TypeError('the framing of an answer is said by nobody else');
        if (name.toLowerCase() === 'connection') {
          saysConnection = true;
          saysClose ||= /close/i.test(value);
        }
        break;
      case 14:
        hasLength ||= name.toLowerCase() === 'content-length';
    }
    text += `${name}: ${value}\r\n`;
  }
  return { text, hasDate, hasLength, saysConnection, saysClose };
}

const STATUS_LINES = new Map<number, string>();

function statusLine(status: number): string {
  const known = STATUS_LINES.get(status);
  if (known !== undefined) return known;
  if (!Number.isInteger(status) || status < 200 || status > 999) throw new RangeError('no status of a final answer');
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  STATUS_LINES.set(status, line);
  return line;
}

let dateSecond = 0;
let dateText = '';

/** Once a second (RFC 9110 § 6.6.1). */
function dateLine(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return dateText;
}
