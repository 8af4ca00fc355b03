/** A hit as it came in: one request to a guarded endpoint, read once. */
import type { HeaderInfo } from '../upstream/headers.ts';

/** What `receive` learns of a request in its one pass over the header lines. */
export interface ReceivedHit {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  /** Canonical path (RFC 3986 § 6.2.2): what routes are matched on and what the collector gets. */
  readonly path: string;
  /** Query without `?`, byte for byte; null where the target has none. */
  readonly query: string | null;
  /** name, value, name, value, … as they came. */
  readonly rawHeaders: readonly string[];
  /** What each of these lines is, in the same order: looked up once for all the steps. */
  readonly lines: readonly HeaderInfo[];
  /** Whether a line may be a consent signal. */
  readonly hasSignals: boolean;
  /** Whether the query may hold a `consentry-token` in some spelling of its name. */
  readonly mayHoldToken: boolean;
  /** Host header as it came; empty where there is none. */
  readonly hostHeader: string;
  /** The same without port, lower-cased. */
  readonly host: string;
  /** Cookie lines joined with `; `; empty where there is none. */
  readonly cookie: string;
  /** X-Forwarded-For lines, joined with `, ` in their order; empty where there is none. */
  readonly forwardedFor: string;
  /** Forwarded lines (RFC 7239), joined likewise. */
  readonly forwarded: string;
  readonly origin: string;
  readonly referer: string;
  readonly accept: string;
  /** Sec-Fetch-Dest, or empty. */
  readonly destination: string;
  /** `Consentry-Token` header, or empty. */
  readonly token: string;
  /** Whether a line of the request says `Sec-GPC: 1`. */
  readonly gpc: boolean;
  /** Names (lower case) that the client's Connection header lists; null for none. */
  readonly connectionTokens: ReadonlySet<string> | null;
  /** Address of the TCP peer as the socket tells it; empty for a Unix socket. */
  readonly peer: string;
  /** Announced length of the body in bytes; null where it is chunked; 0 without one. */
  readonly bodyLength: number | null;
}

/** Where the request came from, as far as it can be believed. */
export interface Identity {
  /** Normalized address of the client, or null where it cannot be told. */
  readonly address: string | null;
  /** Whether the TCP peer is one of `trust.proxies`. */
  readonly peerTrusted: boolean;
}
