/** What the way of a hit needs of a request and its answer: those of `node:http` have it, and so have those of a direct connection. */
import type { IncomingMessage } from 'node:http';
import type { DirectRequest } from './direct-request.ts';

export type VisitorRequest = IncomingMessage | DirectRequest;

export interface VisitorResponse {
  readonly req: VisitorRequest;
  readonly headersSent: boolean;
  /** Whether everything was handed to the connection. */
  readonly writableFinished: boolean;
  /** Bytes that wait for a visitor who reads slowly. */
  readonly writableLength: number;
  /** Whether the connection goes on behind this answer; decided when its head is written. */
  shouldKeepAlive: boolean;
  /** @param headers name, value, … */
  writeHead(status: number, headers: string[]): VisitorResponse;
  /** @returns false where a `drain` should be waited for. */
  write(chunk: Buffer): boolean;
  /** @param body with the encoding `latin1` a character for each byte. */
  end(body?: Buffer): unknown;
  end(body: string, encoding: 'latin1'): unknown;
  /** Breaks the connection. */
  destroy(): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
}
