/** The header lines and the target of a hit that leaves: what never leaves goes, what always goes along is added. */
import { type Action, PURPOSES, type PurposeSet, STATES, type State } from '../consent/state.ts';
import type { AnonymizeRules, Judgement, Region } from '../policy/policy.ts';
import type { HeaderInfo } from '../upstream/headers.ts';
import type { ReceivedHit } from './hit.ts';
import type { OutgoingHit } from './outgoing.ts';
import type { Route } from './route.ts';
import { TOKEN_NAME } from './token-field.ts';

/** Header lines that may leave, in order and byte for byte; Host is kept apart, our own cookie cut out by `stripCookie`. */
export function keepHeaders(hit: ReceivedHit, stripCookie: (cookie: string) => string): string[] {
  const kept: string[] = [];
  const { rawHeaders, lines, connectionTokens } = hit;
  let hasCookie = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const { lower, kind } = lines[i >> 1] as HeaderInfo;
    if (kind === 'gpc') {
      // An intermediary must not remove `Sec-GPC: 1` (W3C GPC § 3.4), not even when Connection names it.
      kept.push(name, rawHeaders[i + 1] as string);
      continue;
    }
    if (kind !== 'plain' && kind !== 'cookie') continue;
    if (connectionTokens?.has(lower)) continue;
    if (kind === 'plain') kept.push(name, rawHeaders[i + 1] as string);
    else if (!hasCookie) {
      // Several lines leave as one, as they were read (RFC 9113 § 8.2.3): servers that join them by a comma read another cookie.
      hasCookie = true;
      const cookies = stripCookie(hit.cookie);
      if (cookies !== '') kept.push(name, cookies);
    }
  }
  return kept;
}

/** Of a preflight or a passed file only these leave: nothing that tells one visitor from another. */
const BARE = new Set('accept accept-encoding origin access-control-request-method access-control-request-headers'.split(' '));

export function keepBareHeaders(hit: ReceivedHit): string[] {
  const kept: string[] = [];
  for (let i = 0; i < hit.rawHeaders.length; i += 2) {
    const name = hit.rawHeaders[i] as string;
    const { lower } = hit.lines[i >> 1] as HeaderInfo;
    if (!BARE.has(lower)) continue;
    const value = hit.rawHeaders[i + 1] as string;
    const asked = lower === 'access-control-request-headers' ? withoutToken(value) : value;
    if (asked !== '') kept.push(name, asked);
  }
  return kept;
}

/** A preflight, or the request of a passed file, as it leaves. */
export function makeBare(hit: ReceivedHit, route: Route): OutgoingHit {
  const headers = ['Host', route.hostHeader ?? hit.hostHeader, ...keepBareHeaders(hit)];
  return { method: hit.method, target: targetOf(route, hit.path, null), headers, body: null };
}

/** Whether a preflight asks to send the token: the collector is not asked about it, and the visitor gets a yes. */
export function asksForToken(hit: ReceivedHit): boolean {
  for (let i = 0; i < hit.rawHeaders.length; i += 2) {
    if ((hit.rawHeaders[i] as string).toLowerCase() !== 'access-control-request-headers') continue;
    if (withoutToken(hit.rawHeaders[i + 1] as string) !== hit.rawHeaders[i + 1]) return true;
  }
  return false;
}

function withoutToken(names: string): string {
  if (!names.toLowerCase().includes(TOKEN_NAME)) return names;
  return names
    .split(',')
    .filter((name) => name.trim().toLowerCase() !== TOKEN_NAME)
    .join(',')
    .trim();
}

/** Target at the collector: the route may lead to another path there. */
export function targetOf(route: Route, path: string, query: string | null): string {
  const there = route.rewrite === null ? path : route.rewrite.base + path.slice(route.rewrite.cut);
  return query === null ? there : `${there}?${query}`;
}

export interface Departure {
  readonly route: Route;
  readonly judgement: Judgement;
  readonly action: 'forward' | 'anonymize';
  readonly region: Region;
  readonly anonymize: AnonymizeRules;
  /** Address to name to the collector: true, masked or null. */
  readonly address: string | null;
  readonly host: string;
}

/** The hit with Host in front and the lines that Consentry adds behind. */
export function addOwnHeaders(hit: OutgoingHit, departure: Departure): OutgoingHit {
  const headers = departure.host === '' ? [...hit.headers] : ['Host', departure.host, ...hit.headers];
  if (departure.address !== null) headers.push('X-Forwarded-For', departure.address);
  if (departure.route.recipient !== 'third-party') headers.push('Consentry-Decision', describeFor(departure));
  return { ...hit, headers };
}

/** The policy is left out where its name would tell a finer place than `anonymize.geo` allows. */
function describeFor({ route, judgement, action, region, anonymize }: Departure): string {
  const tellsPlace =
    action === 'anonymize' && (anonymize.geo === 'none' || (anonymize.geo === 'country' && region.subdivision !== null));
  return describeDecision(route, judgement, action, !tellsPlace);
}

/** Value of `Consentry-Decision`: `forward; policy=eu@2026.11.0#…; analytics=granted, advertising=denied`. */
export function describeDecision(route: Route, judgement: Judgement, action: Action, withPolicy = true): string {
  const states = describeStates(route.gate | route.profile.named, judgement);
  return `${action}; ${withPolicy ? `policy=${judgement.version}; ` : ''}${states}`;
}

const STATE_INDEX = Object.fromEntries(STATES.map((state, i) => [state, i])) as Readonly<Record<State, number>>;
/** By purposes and their states: some thousands at most, of which a few come with every hit. */
const described = new Map<number, string>();

function describeStates(named: PurposeSet, { purposes }: Judgement): string {
  let key = named;
  for (let i = 0; i < PURPOSES.length; i++) key = key * STATES.length + STATE_INDEX[purposes[i]?.state ?? 'unknown'];
  let text = described.get(key);
  if (text === undefined) {
    const ofNamed = PURPOSES.flatMap((purpose, i) => ((named >> i) & 1 ? [`${purpose}=${purposes[i]?.state ?? 'unknown'}`] : []));
    text = ofNamed.join(', ');
    described.set(key, text);
  }
  return text;
}
