/** Step 1: one pass over the request line and header lines. What servers read differently is refused here (RFC 9112 § 11.2). */
import type { RefusalCode } from '../errors.ts';
import type { VisitorRequest } from '../ops/visitor.ts';
import { isGpcSet } from '../signals/gpc.ts';
import { FIELDS, type HeaderInfo, type HeaderTable, OTHER_FIELD, UNDERSCORED_FIELD } from '../upstream/headers.ts';
import type { ReceivedHit } from './hit.ts';
import { readTarget } from './target.ts';
import { mayHoldToken } from './token-field.ts';

/** From here on Node may have dropped lines without a word (`maxHeadersCount`), Sec-GPC among them. */
const MOST_HEADERS = 1000;

/** Fields that may stand once only, as bits; two of them are read differently by different servers. */
const SINGLETONS =
  (1 << FIELDS.host) |
  (1 << FIELDS['content-length']) |
  (1 << FIELDS['content-type']) |
  (1 << FIELDS['transfer-encoding']) |
  (1 << FIELDS['content-encoding']);
const SIGNALS = (1 << FIELDS['sec-gpc']) | (1 << FIELDS.dnt) | (1 << FIELDS['x-do-not-track']) | (1 << FIELDS['sp-anonymous']);

/** A name, an IPv4 or a bracketed IPv6 address, and a port (RFC 9110 § 7.2): everything else is read differently or refused behind us. */
const HOST = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

const NOTHING: ReadonlySet<string> | null = null;

export interface ReceiveOptions {
  /** For requests that are no hits, such as DELETE of the consent API. */
  readonly anyMethod: boolean;
}

export function receiveHit(req: VisitorRequest, table: HeaderTable, options?: ReceiveOptions): ReceivedHit | RefusalCode {
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
  /** Fields that were there, as bits. */
  let seen = 0;
  const lines: HeaderInfo[] = [];

  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1] as string;
    const line = table.describe(rawHeaders[i] as string);
    lines.push(line);
    const { field } = line;
    if (field === OTHER_FIELD) continue;
    const bit = 1 << field;
    if ((seen & bit & SINGLETONS) !== 0) return 'bad-header';
    seen |= bit;
    switch (field) {
      case FIELDS.host:
        host = value;
        break;
      case FIELDS.cookie:
        cookie = cookie === '' ? value : `${cookie}; ${value}`;
        break;
      case FIELDS['x-forwarded-for']:
        forwardedFor = forwardedFor === '' ? value : `${forwardedFor}, ${value}`;
        break;
      case FIELDS.forwarded:
        forwarded = forwarded === '' ? value : `${forwarded}, ${value}`;
        break;
      case FIELDS.origin:
        origin = value;
        break;
      case FIELDS.referer:
        referer = value;
        break;
      case FIELDS.accept:
        accept = value;
        break;
      case FIELDS['sec-fetch-dest']:
        destination = value;
        break;
      case FIELDS['consentry-token']:
        token = token === '' ? value : `${token},${value}`;
        break;
      case FIELDS['sec-gpc']:
        gpc ||= isGpcSet(value);
        break;
      case FIELDS['content-length']:
        length = value;
        break;
      case FIELDS['transfer-encoding']:
        coding = value;
        break;
      case FIELDS.connection:
        tokens = addTokens(tokens, value);
        break;
      case FIELDS.upgrade:
        // What follows such a request is of another protocol to whoever agreed to it (RFC 9110 § 7.8).
        return 'upgrade-refused';
      case UNDERSCORED_FIELD:
        // `Transfer_Encoding` and `Sec_GPC` are the fields with hyphens to a CGI behind us, and unknown ones to us.
        return 'bad-header';
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
    lines,
    hasSignals: (seen & SIGNALS) !== 0,
    mayHoldToken: target.query !== null && mayHoldToken(target.query),
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
