/**
 * Consent objects of Segment (`context.consent.categoryPreferences`) and RudderStack (`context.consentManagement`) in JSON
 * bodies. In a batch every event may have its own: what one refuses is refused, and granted is only what every event grants,
 * those without an object included.
 */
import type { Purpose } from '../consent/state.ts';
import { type BodyEntries, childOf, isJsonObject, type JsonObject } from './body-entries.ts';
import { type CategoryChoice, describeChoice, voteOfChoice } from './categories.ts';
import { createReading, createUnreadable, OPTIONAL_SET } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';

type CategoryMap = ReadonlyMap<string, Purpose>;

/** One event's choice; `unreadable` where there is an object of another shape, null where there is none. */
type EventChoice = CategoryChoice | 'unreadable' | null;

/** Segment: category → boolean. An empty object is a choice without anything accepted. */
export function readSegmentObject(consent: JsonObject): EventChoice {
  if (!Object.hasOwn(consent, 'categoryPreferences')) return null;
  const preferences = consent.categoryPreferences;
  if (!isJsonObject(preferences)) return 'unreadable';
  const categories = new Map<string, boolean>();
  for (const [category, isAccepted] of Object.entries(preferences)) {
    if (typeof isAccepted !== 'boolean') return 'unreadable';
    categories.set(category, isAccepted);
  }
  return { categories, isComplete: categories.size === 0 };
}

function idsOf(value: unknown): readonly string[] | null {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every((id) => typeof id === 'string') ? value : null;
}

/** RudderStack: ids that were allowed and ids that were denied; one in both is denied. */
export function readRudderObject(management: JsonObject): EventChoice {
  const allowed = idsOf(management.allowedConsentIds);
  const denied = idsOf(management.deniedConsentIds);
  if (allowed === null || denied === null) return 'unreadable';
  if (allowed.length === 0 && denied.length === 0) return null;
  const categories = new Map<string, boolean>(allowed.map((id) => [id, true]));
  for (const id of denied) categories.set(id, false);
  return { categories, isComplete: false };
}

interface Kind {
  readonly signal: 'segment' | 'rudderstack';
  /** The object in `context`, and the key that only such an object has. */
  readonly key: 'consent' | 'consentManagement';
  readonly marker: string;
  readonly read: (object: JsonObject) => EventChoice;
}

const KINDS: readonly Kind[] = [
  { signal: 'segment', key: 'consent', marker: 'categoryPreferences', read: readSegmentObject },
  { signal: 'rudderstack', key: 'consentManagement', marker: 'consentManagement', read: readRudderObject },
];

function countMentions(text: string, word: string): number {
  let count = 0;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length)) count++;
  return count;
}

/**
 * An event's own object, else that of the batch around it. `seen` counts the objects that were found: an object that is
 * written in the text and not found is hidden by a repeated key, and another reader of the body may find that one instead.
 */
function readKind(text: string, body: BodyEntries, site: CategoryMap, kind: Kind): SignalReading | null {
  const mentions = countMentions(text, kind.marker);
  if (mentions === 0 && !text.includes('\\u')) return null;
  const field = `body:$.context.${kind.key}`;
  const common = childOf(childOf(body.envelope, 'context'), kind.key);
  const isMarked = (object: JsonObject | undefined) =>
    object !== undefined && (kind.key === kind.marker || Object.hasOwn(object, kind.marker));
  let seen = isMarked(common) ? 1 : 0;
  let grants = OPTIONAL_SET;
  let denies = 0;
  for (const entry of body.entries) {
    const own = childOf(childOf(entry, 'context'), kind.key);
    if (isMarked(own)) seen++;
    const object = own ?? common;
    const choice = object === undefined ? null : kind.read(object);
    if (choice === 'unreadable') return createUnreadable(kind.signal, field);
    if (choice === null) {
      grants = 0;
      continue;
    }
    const vote = voteOfChoice(choice, site);
    grants &= vote.grants;
    denies |= vote.denies;
  }
  if (seen === 0 && mentions === 0) return null;
  const isHidden = seen !== mentions;
  const vote = { grants: isHidden ? 0 : grants & ~denies, denies, unreadable: isHidden ? OPTIONAL_SET : 0 };
  return createReading(kind.signal, field, isHidden ? `ambiguous, ${describeChoice(vote)}` : describeChoice(vote), vote);
}

/** Readings of the consent objects in a JSON body; `body` null where the text is no JSON. */
export function readBodyConsent(text: string, body: BodyEntries | null, site: CategoryMap): SignalReading[] {
  const readings: SignalReading[] = [];
  for (const kind of KINDS) {
    const isBroken = body === null && text.includes(kind.marker);
    const reading = isBroken ? createUnreadable(kind.signal, 'body') : body === null ? null : readKind(text, body, site, kind);
    if (reading !== null) readings.push(reading);
  }
  return readings;
}
