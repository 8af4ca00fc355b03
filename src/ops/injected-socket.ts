/** A connection that node:http takes for a socket of its own, for single requests of one that others use as well. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

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

  /** Head and body together, which come in two pieces: one text is written by a faster call than two pieces are. */
  override _writev(
    pieces: readonly { chunk: Buffer | string; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    let text = '';
    for (const { chunk, encoding } of pieces) {
      if (typeof chunk !== 'string') text += chunk.toString('latin1');
      else text += encoding === 'latin1' ? chunk : Buffer.from(chunk, encoding).toString('latin1');
    }
    this.#socket.write(text, 'latin1', done);
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
