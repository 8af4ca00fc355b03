/** What scrubbing really removed or changed: place, class and deed, never the value. Evidence and the demo show it. */
import { remember } from './remember.ts';

/** Classes of identifiers and quasi-identifiers that a carrier can hold. */
export const CARRIER_CLASSES = [
  'direct',
  'online-id',
  'click-id',
  'ip',
  'geo',
  'device',
  'url',
  'join-id',
  'text',
  'time',
  'consent',
  'utility',
  'undeclared',
] as const;
export type CarrierClass = (typeof CARRIER_CLASSES)[number];

export type Deed = 'stripped' | 'masked' | 'coarsened' | 'cut' | 'replaced' | 'pseudonymized' | 'set';

export interface ScrubEntry {
  /** A carrier by its place: `query:gclid`, `header:referer`, `cookie:_fbp`, `body:$.context.ip`, `query:dl?email`. */
  readonly place: string;
  readonly class: CarrierClass;
  readonly deed: Deed;
}
export type ScrubReport = readonly ScrubEntry[];

/** An identifier that scrubbing left and the guard stopped. */
export interface GuardFind {
  /** Where it stood on the way in: `cookie:_ga`, `query:uid`, `address`. */
  readonly place: string;
  /** The part of the outgoing hit that holds it; `unreadable`: what cannot be looked into whole is taken for one that does. */
  readonly part: 'target' | 'headers' | 'body' | 'unreadable';
}

const SAFE_NAME = /^[\w.$[\]:?#|/~ -]{1,120}$/;

/** A name as a report may repeat it: `?` where it may be an identifier itself. */
export const labelOf = remember((name) => (SAFE_NAME.test(name) && !/\d{6}|[0-9a-f]{16}/i.test(name) ? name : '?'), 2048, 120);

interface Noted {
  readonly where: string;
  readonly entry: ScrubEntry;
}

const MOST_NOTED = 8;
/** Of deeper nesting, which is rare, nothing is kept. */
const LONGEST_WHERE = 64;
/** By name: the same few come with every hit, and one object for each is enough. */
const notedOf = remember((_name): Noted[] => [], 2048, 120);

/** What was done at a name within a place. */
export function noteOf(where: string, name: string, carrier: CarrierClass, deed: Deed): ScrubEntry {
  const noted = notedOf(name);
  for (const { where: other, entry } of noted) {
    if (entry.class === carrier && entry.deed === deed && other === where) return entry;
  }
  const entry: ScrubEntry = { place: where + labelOf(name), class: carrier, deed };
  if (noted.length < MOST_NOTED && where.length <= LONGEST_WHERE) noted.push({ where, entry });
  return entry;
}
