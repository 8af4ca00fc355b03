/** A connection that node:http takes for a socket of its own, for single requests of one that others use as well. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** The connection behind it. */
export interface Injecting {
  readonly remoteAddress: string | undefined;
  /** A request was answered, as far as it is node:http's to say. */
  answered(): void;
  /** More of the request may come. */
  hasRoom(): void;
  /** Node:http has ended it, which ends the connection only in the middle of a request. */
  gone(): void;
}

export class InjectedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #connection: Injecting;

  constructor(socket: Socket, connection: Injecting) {
    super({ decodeStrings: false });
    this.#socket = socket;
    this.#connection = connection;
  }

  get remoteAddress(): string | undefined {
    return this.#connection.remoteAddress;
  }

  get encrypted(): boolean {
    return false;
  }

  get remoteFamily(): string | undefined {
    return this.#socket.remoteFamily;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  get connecting(): boolean {
    return false;
  }

  get readyState(): string {
    return this.#socket.readyState;
  }

  address(): ReturnType<Socket['address']> {
    return this.#socket.address();
  }

  setNoDelay(isOn?: boolean): this {
    this.#socket.setNoDelay(isOn);
    return this;
  }

  setKeepAlive(isOn?: boolean, delayMs?: number): this {
    this.#socket.setKeepAlive(isOn, delayMs);
    return this;
  }

  ref(): this {
    this.#socket.ref();
    return this;
  }

  unref(): this {
    this.#socket.unref();
    return this;
  }

  /** To be told of each answer before it begins. */
  watch(res: ServerResponse): void {
    res.on('finish', () => this.#connection.answered());
  }

  /** How long the connection is kept, is decided where it is read. */
  setTimeout(): this {
    return this;
  }

  destroySoon(): void {
    this.end();
  }

  override _read(): void {
    this.#connection.hasRoom();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (typeof chunk === 'string') this.#socket.write(chunk, encoding, done);
    else this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.destroySoon();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection.gone();
    done(error);
  }
}
