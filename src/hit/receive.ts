/** Step 1: one pass over the request line and header lines. What servers read differently is refused here (RFC 9112 § 11.2). */
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '../errors.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import type { ReceivedHit } from './hit.ts';
import { readTarget } from './target.ts';

/** From here on Node may have dropped lines without a word (`maxHeadersCount`), Sec-GPC among them. */
const MOST_HEADERS = 1000;

/** Fields that may stand once only; two of them are read differently by different servers. */
const SINGLETONS = new Set(['host', 'content-length', 'content-type', 'transfer-encoding', 'content-encoding']);

/** A name, an IPv4 or a bracketed IPv6 address, and a port (RFC 9110 § 7.2): everything else is read differently or refused behind us. */
const HOST = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

const NOTHING: ReadonlySet<string> | null = null;

export interface ReceiveOptions {
  /** For requests that are no hits, such as DELETE of the consent API. */
  readonly anyMethod: boolean;
}

export function receiveHit(req: IncomingMessage, table: HeaderTable, options?: ReceiveOptions): ReceivedHit | RefusalCode {
  const { rawHeaders } = req;
  if (req.httpVersionMajor !== 1) return 'bad-version';
  const method = req.method ?? '';
  // TRACE would send back what scripts may not read (RFC 9110 § 9.3.8).
  if (method === 'TRACE' || (!METHODS.has(method) && options?.anyMethod !== true)) return 'method-not-allowed';
  const target = readTarget(req.url ?? '');
  if (target === null) return 'bad-target';
  if (rawHeaders.length >= 2 * MOST_HEADERS) return 'too-many-headers';

  let host = '';
  let cookie = '';
  let forwardedFor = '';
  let forwarded = '';
  let origin = '';
  let referer = '';
  let accept = '';
  let destination = '';
  let token = '';
  let gpc = false;
  let length: string | null = null;
  let coding: string | null = null;
  let tokens = NOTHING;
  let singletons = '';

  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1] as string;
    const name = table.describe(rawHeaders[i] as string).lower;
    switch (name) {
      case 'host':
        host = value;
        break;
      case 'cookie':
        cookie = cookie === '' ? value : `${cookie}; ${value}`;
        break;
      case 'x-forwarded-for':
        forwardedFor = forwardedFor === '' ? value : `${forwardedFor}, ${value}`;
        break;
      case 'forwarded':
        forwarded = forwarded === '' ? value : `${forwarded}, ${value}`;
        break;
      case 'origin':
        origin = value;
        break;
      case 'referer':
        referer = value;
        break;
      case 'accept':
        accept = value;
        break;
      case 'sec-fetch-dest':
        destination = value;
        break;
      case 'consentry-token':
        token = token === '' ? value : `${token},${value}`;
        break;
      case 'sec-gpc':
        gpc ||= value === '1' || value.split(',').some((member) => member.trim() === '1');
        break;
      case 'content-length':
        length = value;
        break;
      case 'transfer-encoding':
        coding = value;
        break;
      case 'connection':
        tokens = addTokens(tokens, value);
        break;
      case 'upgrade':
        // What follows such a request is of another protocol to whoever agreed to it (RFC 9110 § 7.8).
        return 'upgrade-refused';
      default:
        // `Transfer_Encoding` and `Sec_GPC` are the fields with hyphens to a CGI behind us, and unknown ones to us.
        if (name.includes('_')) return 'bad-header';
    }
    if (SINGLETONS.has(name)) {
      if (singletons.includes(`${name};`)) return 'bad-header';
      singletons += `${name};`;
    }
  }

  const http10 = req.httpVersionMinor === 0;
  if (coding !== null && (coding !== 'chunked' || http10 || length !== null)) return 'bad-framing';
  if (length !== null && !/^\d{1,15}$/.test(length)) return 'bad-framing';
  if (host !== '' && !HOST.test(host)) return 'bad-header';

  return {
    method: method as ReceivedHit['method'],
    path: target.path,
    query: target.query,
    rawHeaders,
    hostHeader: host,
    host: hostName(host),
    cookie,
    forwardedFor,
    forwarded,
    origin,
    referer,
    accept,
    destination,
    token,
    gpc,
    connectionTokens: tokens,
    peer: req.socket.remoteAddress ?? '',
    bodyLength: coding !== null ? null : length === null ? 0 : Number(length),
  };
}

/** Adds the fields that a Connection header names, without the tokens that everybody sends. */
function addTokens(tokens: ReadonlySet<string> | null, value: string): ReadonlySet<string> | null {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') return tokens;
  return new Set([
    ...(tokens ?? []),
    ...value
      .toLowerCase()
      .split(',')
      .map((token) => token.trim()),
  ]);
}

/** Host without port, lower-cased: `[::1]:8080` → `[::1]`. */
function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  const name = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  return name.toLowerCase();
}
