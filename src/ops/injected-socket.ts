/** A connection that node:http takes for a socket of its own, for single requests of one that others use as well. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** The last piece tells. */
function ignore(): void {}

export class InjectedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #onIdle: () => void;
  readonly #onRoom: () => void;

  /**
   * @param onIdle called when a request was answered.
   * @param onRoom called when more of the request may come.
   */
  constructor(socket: Socket, onIdle: () => void, onRoom: () => void) {
    super({ decodeStrings: false });
    this.#socket = socket;
    this.#onIdle = onIdle;
    this.#onRoom = onRoom;
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get encrypted(): boolean {
    return false;
  }

  /** To be told of each answer before it begins. */
  watch(res: ServerResponse): void {
    res.on('finish', this.#onIdle);
  }

  /** How long the connection is kept, is decided where it is read. */
  setTimeout(): this {
    return this;
  }

  destroySoon(): void {
    this.end();
  }

  override _read(): void {
    this.#onRoom();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (typeof chunk === 'string') this.#socket.write(chunk, encoding, done);
    else this.#socket.write(chunk, done);
  }

  /** Head and body together, which come in two pieces. */
  override _writev(
    pieces: readonly { chunk: Buffer | string; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.cork();
    const last = pieces.length - 1;
    for (const [i, { chunk, encoding }] of pieces.entries()) this._write(chunk, encoding, i === last ? done : ignore);
    this.#socket.uncork();
  }

  override _final(done: () => void): void {
    this.#socket.destroySoon();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
