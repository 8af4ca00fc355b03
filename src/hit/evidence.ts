/** Step 12: a hit as evidence keeps it: what was decided from which facts and what was done, without anything that it carried. */
import type { HitEvidence } from '../ops/evidence.ts';
import type { Facts, Judgement, PolicySet, Region } from '../policy/policy.ts';
import type { VendorProfile } from '../vendors/profile.ts';
import type { ReceivedHit } from './hit.ts';
import type { Route } from './route.ts';

const PLACE = /^([a-z]+)(?::(?:\$\.|form:)?([^|?]*))?/;

/**
 * A place in the words of the vendor's profile, `query:ep.*`, with `?` for a name that it does not declare: what a visitor calls something can be
 * somebody's name.
 */
function tellPlace(place: string, profile: VendorProfile): string {
  const [, carrier = '?', name = ''] = PLACE.exec(place) ?? [];
  if (name === '') return carrier;
  return `${carrier}:${profile.declaredName(carrier, name) ?? (name === 'referer' ? name : '?')}`;
}

export interface EndedHit {
  readonly now: number;
  readonly route: Route;
  readonly received: ReceivedHit;
  readonly set: PolicySet;
  readonly region: Region | null;
  readonly judgement: Judgement | null;
  readonly facts?: Facts;
  readonly action: HitEvidence['action'];
}

/** What became of a hit. */
export type Ending = Pick<HitEvidence, 'outcome' | 'fault' | 'report' | 'found'>;

export function describeHit(hit: EndedHit, { outcome, fault, report, found }: Ending): HitEvidence {
  const { received, route, region, judgement, facts = null, action, set, now } = hit;
  return {
    at: now,
    route: route.pattern,
    vendor: route.profile.name,
    method: received.method,
    region,
    judgement,
    facts,
    gate: route.gate,
    action,
    outcome,
    fault,
    report,
    found: found === null ? null : { place: tellPlace(found.place, route.profile), part: found.part },
    revision: set.revision,
  };
}
