/**
 * Judges a hit once more that waited for its collector: by the rules in force now and the subject's record as it is now.
 * Only the same answer as before lets it go, since it was scrubbed for that one.
 */
import { createHash } from 'node:crypto';
import type { ConsentHead } from '../consent/record.ts';
import { PURPOSES, type PurposeSet } from '../consent/state.ts';
import { describeSignal, type RecordedSignal, readRecordedSignal } from '../ops/evidence-log-signals.ts';
import type { Facts, Judgement, Region } from '../policy/policy.ts';
import { judgeHit } from './judge.ts';
import type { Delivery, Rules } from './mount.ts';
import type { Route, RouteTable } from './route.ts';

/** What is kept beside a waiting hit: the facts that the hit itself told, and who to ask for the record. */
export interface WaitingFacts {
  readonly route: string;
  readonly region: Region;
  /** The subject whose record is read again; null where nobody was known, and `record` says why. */
  readonly subject: string | null;
  readonly record: null | 'unavailable' | 'invalid';
  /** Purposes that a cookie or token denied. */
  readonly denied: PurposeSet;
  readonly signals: readonly RecordedSignal[];
  readonly age: number | null;
  /** Digest of the answer that the hit was scrubbed by. */
  readonly answer: string;
}

export function describeWaiting({ route, facts, subject, judgement, action, untouched }: Delivery, rules: Rules): WaitingFacts {
  const { region, record, denied, signals, age, tcfVendor, isPublisher } = facts;
  const context = { tcfVendor, isPublisher: isPublisher === true };
  return {
    route: nameRoute(route),
    region,
    subject,
    record: record === 'unavailable' || record === 'invalid' ? record : null,
    denied,
    signals: signals.map((signal) => describeSignal(signal, context)),
    age,
    answer: digestAnswer(route, judgement, action, untouched, rules),
  };
}

/** The answer of the rules now, as {@link WaitingFacts.answer}; null where the route is gone. */
export function judgeAgain(waiting: WaitingFacts, record: ConsentHead | null, rules: Rules, now: number): string | null {
  const route = findRoute(rules.routes, waiting.route);
  if (route === null) return null;
  const facts: Facts = {
    region: waiting.region,
    // A subject that the store no longer knows was erased: what is left of the hit is nobody's to send.
    record: waiting.subject === null ? waiting.record : (record ?? 'invalid'),
    denied: waiting.denied,
    signals: waiting.signals.map(readRecordedSignal),
    label: route.label,
    sensitive: route.sensitive,
    age: waiting.age,
    tcfVendor: route.tcfVendor,
  };
  const { judgement, action, untouched } = judgeHit(rules.set, facts, route.gate, route.profile.named, now);
  return action === 'drop' ? null : digestAnswer(route, judgement, action, untouched, rules);
}

/** Everything of an answer that scrubbing follows. A hit that left byte for byte depends on no profile and no `anonymize`. */
function digestAnswer(route: Route, judgement: Judgement, action: string, untouched: boolean, rules: Rules): string {
  const named = route.gate | route.profile.named;
  const actions = PURPOSES.map((_, i) => ((named >> i) & 1 ? judgement.purposes[i]?.action : null));
  const scrubbed = untouched ? null : [judgement.anonymize, rules.profiles];
  return createHash('sha256')
    .update(JSON.stringify([action, untouched, actions, scrubbed]))
    .digest('base64url')
    .slice(0, 22);
}

function nameRoute(route: Route): string {
  return `${route.host ?? '*'} ${route.pattern}`;
}

const routesByName = new WeakMap<RouteTable, ReadonlyMap<string, Route>>();

function findRoute(table: RouteTable, name: string): Route | null {
  let byName = routesByName.get(table);
  if (byName === undefined) {
    byName = new Map(table.routes.map((route) => [nameRoute(route), route]));
    routesByName.set(table, byName);
  }
  return byName.get(name) ?? null;
}
