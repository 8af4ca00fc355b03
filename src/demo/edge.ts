/**
 * Plays the content delivery network that stands in front of a real gateway: browsers can set neither the header of their
 * country nor Sec-GPC for a page, so the page keeps both in cookies, and this turns the cookies into header lines.
 */
import type { IncomingMessage } from 'node:http';
import { findPlace } from './places.ts';

/** Headers of the place, as `trust.geo` of the demo's configuration names them. */
export const EDGE_COUNTRY = 'x-demo-country';
export const EDGE_REGION = 'x-demo-region';

/** Cookies of the page itself, which nobody behind the edge sees. */
const OWN_COOKIES = 'demo-';
const PLACE_COOKIE = `${OWN_COOKIES}country=`;
const GPC_COOKIE = `${OWN_COOKIES}gpc=`;

/** What only the edge may say: lines of these names that a browser sent are not passed on. */
const EDGE_HEADERS = new Set([EDGE_COUNTRY, EDGE_REGION, 'x-forwarded-for', 'forwarded']);

interface EdgeCookies {
  readonly place: string | null;
  readonly gpc: boolean;
  /** The Cookie header without the page's own. */
  readonly rest: string;
}

/** Changes the header lines of a request in place; to be called before anybody reads `req.headers` for more than the host. */
export function playEdge(req: IncomingMessage): void {
  const lines: string[] = [];
  let place: string | null = null;
  let wantsGpc = false;
  let hasGpc = false;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] ?? '';
    const value = req.rawHeaders[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (EDGE_HEADERS.has(lower)) continue;
    hasGpc ||= lower === 'sec-gpc';
    if (lower !== 'cookie') {
      lines.push(name, value);
      continue;
    }
    const cookies = takeCookies(value);
    place = cookies.place ?? place;
    wantsGpc ||= cookies.gpc;
    if (cookies.rest !== '') lines.push(name, cookies.rest);
  }
  if (wantsGpc && !hasGpc) lines.push('Sec-GPC', '1');
  const { country, region, address } = findPlace(place);
  lines.push('X-Forwarded-For', address, 'X-Demo-Country', country);
  if (region !== null) lines.push('X-Demo-Region', region);
  req.rawHeaders.splice(0, req.rawHeaders.length, ...lines);
  repeatInHeaders(req);
}

/** Node reads `headers` from the lines once; the consent API reads cookies there. */
function repeatInHeaders(req: IncomingMessage): void {
  for (const name of [...EDGE_HEADERS, 'cookie', 'sec-gpc']) delete req.headers[name];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = (req.rawHeaders[i] ?? '').toLowerCase();
    const value = req.rawHeaders[i + 1] ?? '';
    if (name === 'cookie') req.headers.cookie = req.headers.cookie === undefined ? value : `${req.headers.cookie}; ${value}`;
    else if (EDGE_HEADERS.has(name) || name === 'sec-gpc') req.headers[name] = value;
  }
}

function takeCookies(header: string): EdgeCookies {
  let place: string | null = null;
  let gpc = false;
  const rest: string[] = [];
  for (const member of header.split(';')) {
    const text = member.trim();
    if (text.startsWith(PLACE_COOKIE)) place = text.slice(PLACE_COOKIE.length);
    else if (text.startsWith(GPC_COOKIE)) gpc = text === `${GPC_COOKIE}1`;
    else if (text !== '' && !text.startsWith(OWN_COOKIES)) rest.push(text);
  }
  return { place, gpc, rest: rest.join('; ') };
}
