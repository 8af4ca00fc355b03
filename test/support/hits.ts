/** Small hits for tests of single steps. */
import type { IncomingMessage } from 'node:http';
import type { ReceivedHit } from '../../src/hit/hit.ts';
import { receiveHit } from '../../src/hit/receive.ts';
import { HeaderTable } from '../../src/upstream/headers.ts';

export interface RequestShape {
  method?: string;
  url?: string;
  version?: string;
  headers?: readonly (readonly [string, string])[];
  peer?: string;
}

/** A request as Node's parser would hand it over. */
export function fakeRequest({
  method = 'GET',
  url = '/collect',
  version = '1.1',
  headers = [],
  peer = '192.0.2.1',
}: RequestShape): IncomingMessage {
  const [major, minor] = version.split('.').map(Number);
  return {
    method,
    url,
    httpVersion: version,
    httpVersionMajor: major,
    httpVersionMinor: minor,
    rawHeaders: headers.flat(),
    socket: { remoteAddress: peer },
  } as unknown as IncomingMessage;
}

export function received(shape: RequestShape = {}, table = new HeaderTable()): ReceivedHit {
  const hit = receiveHit(fakeRequest(shape), table);
  if (typeof hit === 'string') throw new Error(`refused: ${hit}`);
  return hit;
}
