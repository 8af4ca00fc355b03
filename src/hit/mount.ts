/** What the way of a hit is given: the parts that it meets, and the mount that it arrives at and leaves by. */
import type { ConsentLookup } from '../consent/lookup.ts';
import type { Action, PurposeSet } from '../consent/state.ts';
import type { RefusalCode } from '../errors.ts';
import type { Admission, EvidenceSink, HitEvidence } from '../ops/evidence.ts';
import type { Facts, Judgement, PolicySet, Region } from '../policy/policy.ts';
import type { SignalOptions } from '../signals/signal-options.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import type { BodyLimits } from './body.ts';
import type { ReceivedHit } from './hit.ts';
import type { ClientIdentifier } from './identify.ts';
import type { Locator } from './locate.ts';
import type { OutgoingHit } from './outgoing.ts';
import type { Route, RouteTable } from './route.ts';

/** The parts that a hit meets, put together once by the gateway. */
export interface HitServices {
  readonly table: HeaderTable;
  readonly identifier: ClientIdentifier;
  readonly locator: Locator;
  readonly limits: BodyLimits;
  readonly signalOptions: SignalOptions;
  readonly evidence: EvidenceSink;
  /** Asked before a hit leaves, where evidence is required. */
  readonly admit?: Admission;
  /** Whether new hits are turned away, unjudged and not forwarded, for the sake of those under way. */
  isOverloaded(): boolean;
  /** The rules in force; a hit keeps the ones it began with. */
  rules(): Rules;
  /** The record of the hit's subject. Never throws and never rejects. */
  lookUp(
    hit: ReceivedHit,
    route: Route,
    body: Buffer | null,
    region: Region,
    now: number,
  ): ConsentLookup | Promise<ConsentLookup>;
  stripCookie(cookie: string): string;
  /** Records that GPC was seen with a known subject, once; must not block. */
  rememberGpc(subject: string, purposes: PurposeSet, region: Region, judgement: Judgement, now: number): void;
  pseudonymizer(route: Route, now: number): ((value: string) => string) | null;
  /** Told of a hit that names a client address although nobody declared its proxy. */
  undeclaredProxy(hit: ReceivedHit): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Told of an exception, which is a bug of ours. */
  fault(error: unknown): void;
  readonly witness?: HitWitness;
}

/** Policies and routes of one revision. */
export interface Rules {
  readonly set: PolicySet;
  readonly routes: RouteTable;
  /** Digest of the vendor profiles that the routes scrub by. */
  readonly profiles: string;
}

/** Sees a hit as it came and as it left (null where it did not), identifiers included. */
export type HitWitness = (
  evidence: HitEvidence,
  received: ReceivedHit,
  body: Buffer | null,
  outgoing: OutgoingHit | null,
) => void;

/** What differs between the reverse proxy, the middleware and the decision endpoint. */
export interface Mount {
  /** A request that is no hit. */
  refuse(code: RefusalCode): void;
  /** A hit that does not leave. */
  drop(dropped: DroppedHit): void;
  /** The visitor of a route that does not wait for the collector; `deliver` follows. */
  answerFirst(hit: ReceivedHit, route: Route, judgement: Judgement): void;
  /** A path under no route that no collector takes for a guarded one; `refusal` is what a hit would have been refused for. */
  unmatched(refusal: RefusalCode | null): void;
  /** A preflight of a route whose answer does not come from the collector. */
  answerPreflight(hit: ReceivedHit): void;
  /** A preflight, or a static file of a `pass` route: `outgoing` is what leaves. */
  relayBare(hit: ReceivedHit, route: Route, outgoing: OutgoingHit): void;
  /** Hands a judged hit to the collector. */
  deliver(delivery: Delivery): void;
}

export interface DroppedHit {
  readonly received: ReceivedHit;
  readonly route: Route;
  /** Null where the hit was never judged. */
  readonly judgement: Judgement | null;
  /** Whether its body was not read to the end, so that the connection cannot go on. */
  readonly unread: boolean;
}

export interface Delivery {
  readonly received: ReceivedHit;
  readonly route: Route;
  readonly outgoing: OutgoingHit;
  /** What was judged, so that a hit that has to wait can be judged again. */
  readonly facts: Facts;
  readonly judgement: Judgement;
  readonly action: Action;
  readonly untouched: boolean;
  /** Null where nobody is known. Never logged. */
  readonly subject: string | null;
  /** Address that the collector may see, or null. */
  readonly address: string | null;
  /** Whether the visitor has been answered already. */
  readonly answered: boolean;
}
