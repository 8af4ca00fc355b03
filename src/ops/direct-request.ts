/**
 * The requests that nearly every visitor sends, read in one pass. Only what every server reads in the same way is taken here: an
 * absolute path, HTTP/1.1, one Host, lines that end in CR LF, no coding but the length of the body. Everything else (RFC 9112 leaves
 * a lot) is `unusual`, and node:http reads it from its first byte on.
 */

import { isFieldLines, isFieldName } from '../upstream/headers.ts';

/** Of the connection that a request came on. */
export interface Peer {
  readonly remoteAddress: string | undefined;
}

/** A whole request. Named as in `IncomingMessage`. */
export class DirectRequest {
  readonly method: string;
  readonly url: string;
  /** name, value, … as they came. */
  readonly rawHeaders: string[];
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly socket: Peer;
  /** Whether the visitor wants to go on with the connection. */
  readonly keepsAlive: boolean;
  /** Bytes of the head, and as announced of the body. */
  readonly headBytes: number;
  readonly bodyBytes: number;
  /** Null where there is none; else why it is not there, where it did not come in time or was not waited for. */
  body: Buffer | null | 'body-timeout' | 'overloaded' = null;

  constructor(
    method: string,
    url: string,
    rawHeaders: string[],
    socket: Peer,
    keepsAlive: boolean,
    headBytes: number,
    bodyBytes: number,
  ) {
    this.method = method;
    this.url = url;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
    this.keepsAlive = keepsAlive;
    this.headBytes = headBytes;
    this.bodyBytes = bodyBytes;
  }
}

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;

const LENGTH = /^\d{1,15}$/;
const VERSION = ' HTTP/1.1\r';
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS']);

/** What a field is to the framing. */
type Use = 'none' | 'host' | 'length' | 'connection' | 'unusual';

const USES: Readonly<Record<string, Use>> = {
  host: 'host',
  'content-length': 'length',
  connection: 'connection',
  'proxy-connection': 'unusual',
  'transfer-encoding': 'unusual',
  expect: 'unusual',
  upgrade: 'unusual',
  trailer: 'unusual',
};

interface FieldName {
  readonly name: string;
  /** As most write it: colon and one space. */
  readonly prefix: string;
  readonly use: Use;
  /** Whether it is one of those that are remembered; others must not hang on to them. */
  readonly isKept: boolean;
  /** The one that came behind it last time. */
  next: FieldName | null;
}

const MOST_NAMES = 1_024;
const LONGEST_NAME = 64;
/** Of one request; browsers send some twenty. What names cost that nobody sent before, adds up. */
const MOST_FIELDS = 128;
const NO_LINES: readonly string[] = [];

/** Names of fields, by spelling. Clients send the same few in the same order, so that the one of last time is compared first. */
export class FieldNames {
  readonly first: FieldName = { name: '', prefix: '', use: 'none', isKept: true, next: null };
  readonly #known = new Map<string, FieldName>();

  /** Null for what is no name. */
  find(name: string): FieldName | null {
    return this.#known.get(name) ?? this.#read(name);
  }

  #read(name: string): FieldName | null {
    if (!isFieldName(name)) return null;
    // A substring would keep the whole head in memory.
    const own = Buffer.from(name, 'latin1').toString('latin1');
    const lower = own.toLowerCase();
    const use = Object.hasOwn(USES, lower) ? (USES[lower] as Use) : 'none';
    const isKept = name.length <= LONGEST_NAME;
    const entry: FieldName = { name: own, prefix: `${own}: `, use, isKept, next: null };
    if (!isKept) return entry;
    // Forgotten all at once, so that nobody can keep the usual ones out for good.
    if (this.#known.size >= MOST_NAMES) this.#known.clear();
    this.#known.set(own, entry);
    return entry;
  }
}

/**
 * @param text one character for each byte, from the first of a request on.
 * @returns `more` where the head has no end yet.
 */
export function readRequest(text: string, names: FieldNames, socket: Peer): DirectRequest | 'more' | 'unusual' {
  const lineEnd = text.indexOf('\n');
  if (lineEnd === -1) return 'more';
  if (!isFieldLines(text)) return 'unusual';
  const method = text.slice(0, text.indexOf(' '));
  if (!METHODS.has(method)) return 'unusual';
  // What characters a target may have, is for whoever handles it; here, that nobody could see its end elsewhere.
  const urlEnd = text.indexOf(' ', method.length + 1);
  if (urlEnd !== lineEnd - VERSION.length || !text.startsWith(VERSION, urlEnd)) return 'unusual';
  const url = text.slice(method.length + 1, urlEnd);
  if (!url.startsWith('/')) return 'unusual';

  // A copy: V8 puts what is written as a list here among the old objects once it has seen some live long, and each keeps its request's text.
  const rawHeaders: string[] = NO_LINES.slice();
  let hasHost = false;
  let keepsAlive = true;
  let length = -1;
  let last = names.first;
  let at = lineEnd + 1;
  for (;;) {
    if (text.charCodeAt(at) === CARRIAGE_RETURN) {
      if (text.charCodeAt(at + 1) === LINE_FEED) break;
      return at + 1 < text.length ? 'unusual' : 'more';
    }
    const feed = text.indexOf('\n', at);
    if (feed === -1) return 'more';
    if (text.charCodeAt(feed - 1) !== CARRIAGE_RETURN) return 'unusual';
    let field = last.next;
    let from: number;
    if (field !== null && text.startsWith(field.prefix, at)) from = at + field.prefix.length;
    else {
      const colon = text.indexOf(':', at);
      if (colon === -1 || colon > feed) return 'unusual';
      field = names.find(text.slice(at, colon));
      if (field === null) return 'unusual';
      if (field.isKept) last.next = field;
      from = text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1;
    }
    last = field;
    // More white space than one space in front is trimmed in most places, and an error in some.
    if (from < feed - 1 && (isBlank(text.charCodeAt(from)) || isBlank(text.charCodeAt(feed - 2)))) return 'unusual';
    if (text.indexOf('\r', from) !== feed - 1) return 'unusual';
    const value = text.slice(from, feed - 1);
    switch (field.use) {
      case 'unusual':
        return 'unusual';
      case 'host':
        if (hasHost) return 'unusual';
        hasHost = true;
        break;
      case 'length':
        if (length !== -1 || !LENGTH.test(value)) return 'unusual';
        length = Number(value);
        break;
      case 'connection': {
        const said = value.toLowerCase();
        if (said === 'close') keepsAlive = false;
        else if (said !== 'keep-alive') return 'unusual';
      }
    }
    rawHeaders.push(field.name, value);
    if (rawHeaders.length > 2 * MOST_FIELDS) return 'unusual';
    at = feed + 1;
  }
  if (!hasHost) return 'unusual';
  return new DirectRequest(method, url, rawHeaders, socket, keepsAlive, at + 2, Math.max(0, length));
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
