/**
 * The way of a hit: receive → route → identify → locate → read signals → look up record → decide → scrub → guard →
 * dispatch → answer → evidence. Synchronous as long as nothing has to be waited for: only a body and a store elsewhere are.
 */
import type { ConsentLookup } from '../consent/lookup.ts';
import type { Action } from '../consent/state.ts';
import type { RefusalCode } from '../errors.ts';
import type { HitEvidence } from '../ops/evidence.ts';
import type { VisitorRequest } from '../ops/visitor.ts';
import type { Facts, Judgement, PolicySet, Region } from '../policy/policy.ts';
import { readSignals } from '../signals/read.ts';
import { collectBody } from './body.ts';
import { describeHit, type EndedHit, type Ending } from './evidence.ts';
import { readAge } from './field.ts';
import { guardScrubbed, guardUntouched } from './guard-own.ts';
import type { Identity, ReceivedHit } from './hit.ts';
import { judgeHit } from './judge.ts';
import { addOwnHeaders, keepHeaders, makeBare, targetOf } from './leave.ts';
import type { HitServices, Mount } from './mount.ts';
import type { OutgoingHit, ScrubRequest } from './outgoing.ts';
import { receiveHit } from './receive.ts';
import type { Route, RouteTable } from './route.ts';
import { scrubHit } from './scrub.ts';
import { readTarget } from './target.ts';
import { stripToken } from './token-field.ts';

/** A hit that has a route, and the rules that it is judged by. */
interface Arrival {
  readonly services: HitServices;
  readonly mount: Mount;
  readonly received: ReceivedHit;
  readonly route: Route;
  readonly set: PolicySet;
  readonly now: number;
}

/** A hit of which it is known who sent it from where. */
interface Passage extends Arrival {
  readonly body: Buffer | null;
  readonly identity: Identity;
  readonly region: Region;
}

/** A fault of our own is counted and lets nothing through: it never ends the process that other hits go through. */
export function runHit(services: HitServices, req: VisitorRequest, mount: Mount): void {
  try {
    takeHit(services, req, mount);
  } catch (error) {
    services.fault(error);
    mount.refuse('internal');
  }
}

function takeHit(services: HitServices, req: VisitorRequest, mount: Mount): void {
  const received = receiveHit(req, services.table);
  const { set, routes } = services.rules();
  if (typeof received === 'string') {
    return concernsRoute(routes, req.url ?? '') ? mount.refuse(received) : mount.unmatched(received);
  }
  const route = routes.find(received.host, received.path);
  if (route === null) {
    return routes.isLookalike(received.path, req.url) ? mount.refuse('no-route') : mount.unmatched(null);
  }
  if (route.pass && received.method !== 'GET' && received.method !== 'HEAD') return mount.refuse('method-not-allowed');
  const isBare = received.method === 'OPTIONS' || route.pass;
  const isOverloaded = services.isOverloaded();
  if (isBare && isOverloaded) return mount.refuse('overloaded');
  const arrival: Arrival = { services, mount, received, route, set, now: services.now() };
  if (isBare) return relayBare(arrival);
  if (isOverloaded) return dropUnread(arrival, 'overloaded');
  if (received.bodyLength === 0) return judge(arrival, null);
  if (received.bodyLength !== null && received.bodyLength > services.limits.maxBytes)
    return dropUnread(arrival, 'body-too-large');
  collectBody(req, services.limits, (body) => {
    if (typeof body !== 'string') judge(arrival, body);
    else if (body === 'body-too-large') dropUnread(arrival, body);
    else mount.refuse(body);
  });
}

/** Nobody judges a preflight or the request of a file that passes; what is Consentry's own does not leave with them either. */
function relayBare(arrival: Arrival): void {
  const { mount, received, route } = arrival;
  if (!route.pass && route.respond !== 'upstream') return mount.answerPreflight(received);
  const bare = makeBare(received, route);
  const own = guardUntouched(bare, null);
  if (own.ok) mount.relayBare(received, route, bare);
  else dropUnjudged(arrival, byFault('guard', NOTHING_DONE, own.find));
}

/** Whether a request that cannot be a hit is for a guarded path all the same, or for one that cannot be read. */
function concernsRoute(routes: RouteTable, raw: string): boolean {
  const target = readTarget(raw);
  return target === null || routes.hasPath(target.path) || routes.isLookalike(target.path, raw);
}

function judge(arrival: Arrival, body: Buffer | null): void {
  try {
    lookUp(arrival, body);
  } catch (error) {
    dropByFault({ ...arrival, body, region: null, judgement: null, action: null }, error);
  }
}

function lookUp(arrival: Arrival, body: Buffer | null): void {
  const { services, received, route, now } = arrival;
  const identity = services.identifier.identify(received);
  if (!identity.peerTrusted && (received.forwardedFor !== '' || received.forwarded !== '')) services.undeclaredProxy(received);
  const region = services.locator.locate(received, identity);
  const { mount, set } = arrival;
  // Written out, here and below: copying one object into another costs more than all that is in it.
  const passage: Passage = { services, mount, received, route, set, now, body, identity, region };
  const lookup = services.lookUp(received, route, body, region, now);
  if (lookup instanceof Promise) lookup.then((found) => decideOrDrop(passage, found));
  else decideOrDrop(passage, lookup);
}

/** A fault of our own while judging allows nothing: it is counted, and the hit does not leave. */
function decideOrDrop(passage: Passage, lookup: ConsentLookup): void {
  try {
    decide(passage, lookup);
  } catch (error) {
    dropByFault({ ...passage, judgement: null, action: null }, error);
  }
}

function dropByFault(hit: Recorded, error: unknown): void {
  hit.services.fault(error);
  hit.mount.drop({ ...hit, unread: false });
  record(hit, byFault('internal'));
}

const NO_LINES: readonly string[] = [];
const NOTHING_DONE: HitEvidence['report'] = [];
const DROPPED: Ending = { outcome: 'dropped', fault: null, report: NOTHING_DONE, found: null };

function byFault(fault: string, report = NOTHING_DONE, found: Ending['found'] = null): Ending {
  return { outcome: 'dropped-by-fault', fault, report, found };
}

function sent(action: 'forward' | 'anonymize', report: HitEvidence['report']): Ending {
  return { outcome: outcomeOf(action), fault: null, report, found: null };
}

function decide(passage: Passage, lookup: ConsentLookup): void {
  const { services, mount, received, route, body, identity, set, now } = passage;
  const region = lookup.region ?? passage.region;
  const source = {
    rawHeaders: received.hasSignals ? received.rawHeaders : NO_LINES,
    query: received.query ?? '',
    cookie: received.cookie,
    body: route.profile.consentInBody ? body : null,
  };
  const signals = readSignals(source, services.signalOptions, now);
  const facts: Facts = {
    region,
    record: lookup.record,
    denied: lookup.denied,
    signals,
    label: route.label,
    sensitive: route.sensitive,
    age: readAge(route, received, body),
    tcfVendor: route.tcfVendor,
  };
  const { judgement, action, untouched } = judgeHit(set, facts, route.gate, route.profile.named, now);
  if (judgement.remember !== 0 && lookup.subject !== null)
    services.rememberGpc(lookup.subject, judgement.remember, region, judgement, now);
  const { subject, named } = lookup;
  const hit = {
    services,
    mount,
    received,
    route,
    set,
    now,
    body,
    identity,
    region,
    facts,
    subject,
    named,
    judgement,
    action,
    untouched,
  };
  if (action === 'drop') return drop(hit, DROPPED);
  scrub(hit, action);
}

interface Judged extends Passage {
  readonly facts: Facts;
  readonly subject: string | null;
  readonly named: string | null;
  readonly judgement: Judgement;
  readonly action: Action;
  readonly untouched: boolean;
}

function scrub(hit: Judged, action: 'forward' | 'anonymize'): void {
  const { services, received, route, body, judgement, region, named, identity } = hit;
  const headers = keepHeaders(received, services.stripCookie);
  const target = targetOf(route, received.path, ownQuery(received));
  const incoming: OutgoingHit = { method: received.method, target, headers, body };
  if (hit.untouched) {
    const own = guardUntouched(incoming, named);
    if (!own.ok) return drop(hit, byFault('guard', NOTHING_DONE, own.find));
    return release(hit, action, incoming, identity.address, NOTHING_DONE);
  }
  const request: ScrubRequest = {
    hit: incoming,
    profile: route.profile,
    routePath: targetOf(route, route.path, null),
    action,
    gate: route.gate,
    judgement,
    anonymize: judgement.anonymize,
    clientAddress: identity.address,
    country: region.country,
    subdivision: region.subdivision,
    pseudonymize: services.pseudonymizer(route, hit.now),
  };
  const outcome = scrubHit(request, (clean, forbidden) => guardScrubbed(clean, forbidden, named));
  if (!outcome.ok) return drop(hit, byFault(outcome.reason, outcome.report, outcome.find));
  release(hit, action, outcome.hit, outcome.address, outcome.report);
}

function ownQuery({ query, mayHoldToken }: ReceivedHit): string | null {
  return mayHoldToken && query !== null ? stripToken(query) : query;
}

/** Where evidence is required, a hit leaves when its decision is on the disk, or where the policy lets it go on without. */
function release(
  hit: Judged,
  action: 'forward' | 'anonymize',
  clean: OutgoingHit,
  address: string | null,
  report: HitEvidence['report'],
): void {
  const { services, set, region, now } = hit;
  if (services.admit === undefined) return dispatch(hit, action, clean, address, report);
  const goOn = (isRecorded: boolean): void => {
    if (isRecorded || set.mayContinueWithoutEvidence(region, now)) dispatch(hit, action, clean, address, report);
    else drop(hit, byFault('evidence', report));
  };
  const admitted = services.admit(describeHit(hit, sent(action, report)));
  if (typeof admitted === 'boolean') goOn(admitted);
  else admitted.then(goOn).catch((error) => dropByFault(hit, error));
}

function outcomeOf(action: 'forward' | 'anonymize'): HitEvidence['outcome'] {
  return action === 'forward' ? 'forwarded' : 'anonymized';
}

function dispatch(
  hit: Judged,
  action: 'forward' | 'anonymize',
  clean: OutgoingHit,
  address: string | null,
  report: HitEvidence['report'],
): void {
  const { mount, received, route, facts, subject, judgement, region, untouched } = hit;
  const host = hostFor(route, received, action);
  const outgoing = addOwnHeaders(clean, { route, judgement, action, region, anonymize: judgement.anonymize, address, host });
  const answered = route.respond !== 'upstream';
  if (answered) mount.answerFirst(received, route, judgement);
  mount.deliver({ received, route, outgoing, facts, subject, judgement, action, untouched, address, answered });
  record(hit, sent(action, report), outgoing);
}

/** An anonymized hit tells no host of the visitor's choosing: a wildcard's first label can be an id. */
function hostFor(route: Route, received: ReceivedHit, action: 'forward' | 'anonymize'): string {
  if (route.hostHeader !== null) return route.hostHeader;
  return action === 'forward' ? received.hostHeader : (route.host ?? route.upstream?.host ?? 'localhost');
}

function drop(hit: Judged, ending: Ending): void {
  const { mount, received, route, judgement } = hit;
  mount.drop({ received, route, judgement, unread: false });
  record(hit, ending);
}

function dropUnread(arrival: Arrival, fault: RefusalCode): void {
  dropUnjudged(arrival, byFault(fault));
}

/** Where a body is not read to its end, the connection is closed behind the answer. */
function dropUnjudged(arrival: Arrival, ending: Ending): void {
  arrival.mount.drop({ ...arrival, judgement: null, unread: arrival.received.bodyLength !== 0 });
  record({ ...arrival, body: null, region: null, judgement: null, action: null }, ending);
}

interface Recorded extends EndedHit, Arrival {
  readonly body: Buffer | null;
}

function record(hit: Recorded, ending: Ending, outgoing: OutgoingHit | null = null): void {
  const { services, received } = hit;
  const evidence = describeHit(hit, ending);
  services.evidence.record(evidence);
  services.witness?.(evidence, received, hit.body, outgoing);
}
