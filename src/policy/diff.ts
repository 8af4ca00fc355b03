/** What a change of policies does, as lines that a person can read: changes that are the same in many places are one. Pure. */
import { COLUMNS, PURPOSES } from '../consent/state.ts';
import type { Asked } from './asked.ts';
import type { CompiledPolicySet } from './compile.ts';
import { formatPlace } from './explain.ts';
import { flattenRules } from './flatten-rules.ts';
import { readGiven } from './given.ts';
import { groupBy } from './group.ts';
import type { Place } from './policy.ts';
import { formatDay } from './values.ts';

/** The same change in some places. */
export interface Change {
  /** Key of the policy language: `analytics.unknown`, `gpc beats-record`, `valid-for`, `file`. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
  /** Only on routes with this label; null: on any. */
  readonly label: string | null;
  /** First UTC day on which it differs; null: it does on the day of the comparison. */
  readonly since: string | null;
  readonly places: readonly string[];
}

interface PlacedChange extends Omit<Change, 'places'> {
  readonly place: string;
}

const ABSENT = 'none';

/** @param now Milliseconds since the epoch: this day and those to come are compared. */
export function diffPolicies(before: CompiledPolicySet, after: CompiledPolicySet, now: number): Change[] {
  const days = [now, ...[...new Set([...before.spans, ...after.spans])].filter((day) => day > now).sort((a, b) => a - b)];
  const places = new Map([...before.places(), ...after.places()].map((place) => [formatPlace(place), place]));
  const seen = new Set<string>();
  const changes: PlacedChange[] = [];
  for (const day of days) {
    for (const [name, place] of places) {
      for (const change of diffPlace(before, after, place, day)) {
        const { key, from, to, label } = change;
        const identity = JSON.stringify([name, key, from, to, label]);
        if (seen.has(identity)) continue;
        seen.add(identity);
        changes.push({ ...change, since: day === now ? null : formatDay(day), place: name });
      }
    }
  }
  return groupChanges(changes);
}

function groupChanges(changes: readonly PlacedChange[]): Change[] {
  const groups = groupBy(changes, ({ key, from, to, label, since }) => JSON.stringify([key, from, to, label, since]));
  return [...groups.values()].map((group) => {
    const { place: _, ...change } = group[0] as PlacedChange;
    return { ...change, places: group.map(({ place }) => place) };
  });
}

type Difference = Pick<Change, 'key' | 'from' | 'to' | 'label'>;

function diffPlace(before: CompiledPolicySet, after: CompiledPolicySet, place: Place, now: number): Difference[] {
  const [old, fresh] = [before.asked(place, null, now), after.asked(place, null, now)];
  const plain = diffFlat(flatten(before, old, place, null, now), flatten(after, fresh, place, null, now), null);
  const usual = new Set(plain.map(({ key, from, to }) => JSON.stringify([key, from, to])));
  const labels = [...new Set([...old.labels, ...fresh.labels])];
  const labelled = labels.flatMap((label) =>
    diffFlat(flatten(before, old, place, label, now), flatten(after, fresh, place, label, now), label),
  );
  return [...plain, ...labelled.filter(({ key, from, to }) => !usual.has(JSON.stringify([key, from, to])))];
}

function diffFlat(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, label: string | null): Difference[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) => {
    const [from, to] = [before.get(key) ?? ABSENT, after.get(key) ?? ABSENT];
    return from === to ? [] : [{ key, from, to, label }];
  });
}

/** The rules of the one file that answers; where several do, the cells that come of them. */
function flatten(set: CompiledPolicySet, asked: Asked, place: Place, label: string | null, now: number): Map<string, string> {
  const [only, ...others] = asked.answers;
  if (only !== undefined && others.length === 0) return flattenRules(only.rulesFor(label));
  const flat = new Map<string, string>();
  for (const column of COLUMNS) {
    const record = Object.fromEntries(PURPOSES.map((purpose) => [purpose, column]));
    for (const sensitive of [false, true]) {
      const { facts } = readGiven({ country: place.country, region: place.subdivision, label, record, sensitive }, now);
      const judgement = set.decide(facts, now);
      PURPOSES.forEach((purpose, p) => {
        flat.set(`${sensitive ? 'sensitive ' : ''}${purpose}.${column}`, judgement.purposes[p]?.action ?? 'drop');
      });
    }
  }
  return flat;
}

const MAX_LISTED = 12;

/** A line for each change, those in most places first. */
export function printChanges(changes: readonly Change[]): string {
  return [...changes]
    .sort((a, b) => b.places.length - a.places.length)
    .map(({ key, from, to, label, since, places }) => {
      const listed = places.slice(0, MAX_LISTED).join(', ');
      const more = places.length > MAX_LISTED ? ` and ${places.length - MAX_LISTED} more` : '';
      const where = places.length === 1 ? `in ${listed}` : `in ${places.length} places: ${listed}${more}`;
      return `${key}: ${from} → ${to}${label === null ? '' : ` with label ${label}`}${since === null ? '' : ` from ${since} on`}, ${where}`;
    })
    .join('\n');
}
