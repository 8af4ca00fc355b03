/** A body of which not all has come. */
import type { DirectRequest } from './direct-request.ts';

export class PendingBody {
  readonly request: DirectRequest;
  readonly #parts: Buffer[];
  #missing: number;

  /** @param first what came with the head; less than all of it. */
  constructor(request: DirectRequest, first: Buffer) {
    this.request = request;
    this.#parts = [first];
    this.#missing = request.bodyBytes - first.length;
  }

  /** @returns what is behind the body, which is then at its request; null while more of it is to come. */
  take(chunk: Buffer): Buffer | null {
    const own = chunk.subarray(0, this.#missing);
    this.#parts.push(own);
    this.#missing -= own.length;
    if (this.#missing > 0) return null;
    this.request.body = Buffer.concat(this.#parts, this.request.bodyBytes);
    return chunk.subarray(own.length);
  }
}
