/** What became of each field on the way from the browser to the collector. */
import type { CarrierClass, Deed, ScrubEntry, ScrubReport } from '../privacy/report.ts';
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
  /** What was done, in a word or two. */
  readonly deed: string;
  /** Why; empty where there is nothing to say. */
  readonly note: string;
}

/** Longer values are cut for the page, after they were compared. */
const MOST_SHOWN = 160;

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
    const there = arrived.get(field.place) ?? null;
    arrived.delete(field.place);
    rows.push(describeRow(field, field.value, there?.value ?? null, report));
  }
  for (const field of arrived.values()) rows.push(describeRow(field, null, field.value, report));
  return rows;
}

/** The fields of a hit that reached nobody. */
export function listDropped(sent: SeenRequest): readonly DiffRow[] {
  return listFields(sent).map((field) => ({ ...describeRow(field, field.value, null, []), deed: 'kept away', note: '' }));
}

function describeRow({ group, name, place }: Field, sent: string | null, got: string | null, report: ScrubReport): DiffRow {
  const change = sent === got ? 'same' : sent === null ? 'added' : got === null ? 'removed' : 'changed';
  return { group, name, sent: shorten(sent), got: shorten(got), change, ...describeDeed(place, change, report) };
}

function shorten(value: string | null): string | null {
  return value === null ? null : cutText(value, MOST_SHOWN);
}

function describeDeed(place: string, change: Change, report: ScrubReport): Pick<DiffRow, 'deed' | 'note'> {
  if (change === 'same') return { deed: 'as sent', note: '' };
  const standing = STANDING_NOTES[place];
  if (standing !== undefined) return { deed: change, note: standing };
  const entry = findEntry(place, report);
  if (entry === null) return { deed: change, note: '' };
  return { deed: change === 'removed' ? change : DEED_WORDS[entry.deed], note: CLASS_WORDS[entry.class] };
}

/** What scrub reports of a place: of itself, of its last part (members of a batch), or of the address that it is a part of. */
function findEntry(place: string, report: ScrubReport): ScrubEntry | null {
  const name = plainName(nameIn(place));
  const entries = report.filter((entry) => carrierOf(entry.place) === carrierOf(place));
  const find = (isIt: (reported: string) => boolean): ScrubEntry | null =>
    entries.find((entry) => isIt(nameIn(entry.place))) ?? null;
  const address = name.includes('?') ? name.slice(0, name.lastIndexOf('?')) : null;
  return (
    find((reported) => reported === name) ??
    (address === null ? find((reported) => lastPart(reported) === lastPart(name)) : find((reported) => reported === address))
  );
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
  return name.slice(name.lastIndexOf('.') + 1);
}
