/** What became of each field on the way from the browser to the collector. */
import type { CarrierClass, Deed, ScrubReport } from '../privacy/report.ts';
import { EDGE_COUNTRY, EDGE_REGION } from './edge.ts';
import { type Field, type FieldGroup, listFields } from './fields.ts';
import { cutText, type SeenRequest } from './request.ts';

export type Change = 'same' | 'changed' | 'removed' | 'added';

export interface DiffRow {
  readonly group: FieldGroup;
  readonly name: string;
  /** What the browser sent; null where the gateway added the field. */
  readonly sent: string | null;
  /** What the collector got; null where the field did not reach it. */
  readonly got: string | null;
  readonly change: Change;
  /** Why, in a few words; empty where nothing happened. */
  readonly note: string;
}

/** Longer values are cut for the page, after they were compared. */
const MOST_SHOWN = 400;

const CLASS_WORDS: Readonly<Record<CarrierClass, string>> = {
  direct: 'names a person',
  'online-id': 'tells one browser from all others',
  'click-id': 'ties the visit to one click on an ad',
  ip: 'a network address',
  geo: 'a place',
  device: 'describes the device',
  url: 'a page address',
  'join-id': 'joins this hit to other data',
  text: 'free text',
  time: 'an exact time',
  consent: "the vendor's own consent field",
  utility: 'tells nothing about a person',
  undeclared: 'not declared in the vendor profile',
};

const DEED_WORDS: Readonly<Record<Deed, string>> = {
  stripped: 'removed',
  masked: 'masked',
  coarsened: 'made coarser',
  cut: 'cut short',
  replaced: 'replaced by a constant',
  pseudonymized: 'replaced by a keyed hash of the day',
  set: 'set by the gateway',
};

/** What the gateway does to a field of every hit, whatever the policy says. */
const STANDING_NOTES: Readonly<Record<string, string>> = {
  'cookie:consentry': "the gateway's own cookie never reaches a collector",
  [`header:${EDGE_COUNTRY}`]: 'the place is between the network in front and the gateway',
  [`header:${EDGE_REGION}`]: 'the place is between the network in front and the gateway',
  'header:x-forwarded-for': 'the client address, as the policy lets the collector see it',
  'header:consentry-decision': 'tells your own collector what was decided',
  'header:host': 'the name of the server asked',
};

/** Rows in the order of what was sent; what the gateway added comes last. */
export function compareRequests(sent: SeenRequest, got: SeenRequest, report: ScrubReport): readonly DiffRow[] {
  const arrived = new Map(listFields(got).map((field) => [field.place, field]));
  const rows: DiffRow[] = [];
  for (const field of listFields(sent)) {
    const there = arrived.get(field.place);
    arrived.delete(field.place);
    rows.push(compareField(field, there, report));
  }
  for (const field of arrived.values()) {
    rows.push({
      ...describe(field),
      sent: null,
      got: cutText(field.value, MOST_SHOWN),
      change: 'added',
      note: noteOn(field, report),
    });
  }
  return rows;
}

/** The fields of a hit that reached nobody. */
export function listDropped(sent: SeenRequest): readonly DiffRow[] {
  return listFields(sent).map((field) => ({
    ...describe(field),
    sent: cutText(field.value, MOST_SHOWN),
    got: null,
    change: 'removed',
    note: '',
  }));
}

function compareField(field: Field, there: Field | undefined, report: ScrubReport): DiffRow {
  const change = there === undefined ? 'removed' : there.value === field.value ? 'same' : 'changed';
  return {
    ...describe(field),
    sent: cutText(field.value, MOST_SHOWN),
    got: there === undefined ? null : cutText(there.value, MOST_SHOWN),
    change,
    note: change === 'same' ? '' : noteOn(field, report),
  };
}

function describe({ group, name }: Field): Pick<DiffRow, 'group' | 'name'> {
  return { group, name };
}

function noteOn(field: Field, report: ScrubReport): string {
  const standing = STANDING_NOTES[field.place];
  if (standing !== undefined) return standing;
  const name = plainName(field.name);
  const entries = report.filter((entry) => carrierOf(entry.place) === field.group);
  // Members of a batch are reported by their own name, wherever the batch stands.
  const found =
    entries.find((entry) => nameIn(entry.place) === name) ??
    entries.find((entry) => lastPart(nameIn(entry.place)) === lastPart(name));
  return found === undefined ? '' : `${CLASS_WORDS[found.class]}: ${DEED_WORDS[found.deed]}`;
}

/** Without the marks of {@link listFields} and without positions in arrays, as scrub names places. */
function plainName(name: string): string {
  return name
    .replace(/^line \d+: /, '')
    .replace(/ \(\d+\)$/, '')
    .split('.')
    .filter((part) => !/^\d+$/.test(part))
    .join('.');
}

function carrierOf(place: string): string {
  return place.slice(0, place.indexOf(':'));
}

function nameIn(place: string): string {
  return place.slice(place.indexOf(':') + 1).replace(/^(?:\$\.|form:)/, '');
}

function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('?')) + 1);
}
