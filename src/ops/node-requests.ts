/** Requests of a direct connection that node:http serves, one at a time. */
import type { Socket } from 'node:net';
import { InjectedSocket, type Injecting } from './injected-socket.ts';

export interface NodeRequestsOwner {
  readonly remoteAddress: string | undefined;
  /** Has node:http serve what comes from it. */
  inject(socket: InjectedSocket): void;
  /** All of a request was read, and it is answered. `goesOn` is false where that was the last answer. */
  served(goesOn: boolean): void;
}

export class NodeRequests implements Injecting {
  readonly #socket: Socket;
  readonly #owner: NodeRequestsOwner;
  #injected: InjectedSocket | null = null;
  #isUnderWay = false;
  #isAnswered = false;
  /** Bytes of the request that are still to come. */
  #missing = 0;

  constructor(socket: Socket, owner: NodeRequestsOwner) {
    this.#socket = socket;
    this.#owner = owner;
  }

  get remoteAddress(): string | undefined {
    return this.#owner.remoteAddress;
  }

  /** @param missing bytes of the request that are still to come. */
  begin(bytes: Buffer, missing: number): void {
    this.#isUnderWay = true;
    this.#isAnswered = false;
    this.#missing = missing;
    if (this.#injected === null) {
      this.#injected = new InjectedSocket(this.#socket, this);
      this.#owner.inject(this.#injected);
    }
    this.#injected.push(bytes);
  }

  /** {@link settle} follows. @returns what is behind the request, empty where nothing is. */
  take(chunk: Buffer): Buffer {
    const own = chunk.subarray(0, this.#missing);
    this.#missing -= own.length;
    if (own.length > 0 && this.#injected?.push(own) === false) this.#socket.pause();
    return chunk.subarray(own.length);
  }

  /** Looks whether the request is over. */
  settle(): void {
    if (this.#isUnderWay && this.#isAnswered && this.#missing === 0) this.#end(true);
  }

  answered(): void {
    this.#isAnswered = true;
    // Behind its last answer, Node has ended its socket by now.
    if (this.#isUnderWay && this.#injected?.writableEnded !== false) this.#end(false);
    else this.settle();
  }

  hasRoom(): void {
    if (this.#isUnderWay && this.#missing > 0) this.#socket.resume();
  }

  gone(): void {
    this.#injected = null;
    if (this.#isUnderWay) this.#socket.destroy();
  }

  /** The visitor sends no more. */
  visitorEnded(): void {
    this.#injected?.push(null);
  }

  /** Leaves nothing at node:http. */
  close(): void {
    this.#isUnderWay = false;
    this.#injected?.destroy();
  }

  #end(goesOn: boolean): void {
    this.#isUnderWay = false;
    this.#owner.served(goesOn);
  }
}
