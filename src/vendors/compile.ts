/** From a checked profile file to the profile that hits are scrubbed by. */
import { PURPOSE_INDEX, PURPOSES, type Purpose, purposeSet } from '../consent/state.ts';
import { NameTable } from './names.ts';
import { PIXEL, type PreparedAnswer, prepareAnswer } from './prepared-answer.ts';
import type { FieldRule, Restriction, VendorProfile } from './profile.ts';
import type { FieldEntry, VendorFile } from './schema.ts';

function compileField(entry: FieldEntry, purpose: Purpose): FieldRule {
  return {
    class: entry.class,
    purpose: PURPOSE_INDEX[purpose],
    type: entry.type ?? null,
    values: entry.values === undefined ? null : new Set(entry.values),
    like: entry.like ?? null,
    placeholder: entry.placeholder ?? null,
    holds: entry.holds ?? null,
    as: entry.as ?? null,
    shape: entry.shape ?? 'text',
    isRequired: entry.required === true,
  };
}

function purposeOf(entry: FieldEntry, file: VendorFile): Purpose {
  if (entry.purpose !== undefined) return entry.purpose;
  return entry.class === 'click-id' ? (file['click-ids'] ?? 'advertising') : (file.purposes[0] ?? 'advertising');
}

function compileFields(entries: readonly FieldEntry[], file: VendorFile, isPath: boolean): NameTable<FieldRule> {
  const table = new NameTable<FieldRule>(isPath);
  for (const entry of entries) {
    const rule = compileField(entry, purposeOf(entry, file));
    for (const name of entry.names) table.add(name, rule);
  }
  return table;
}

/** `*` is one segment, `**` any number of them. A final slash may be missing or there. */
function compileEndpoints(endpoints: readonly string[]): (path: string) => boolean {
  if (endpoints.length === 0) return () => false;
  const sources = endpoints.map((endpoint) =>
    endpoint
      .replace(/\/$/, '')
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('**', '\0')
      .replaceAll('*', '[^/]+')
      .replaceAll('\0', '.*'),
  );
  const pattern = new RegExp(`^(?:${sources.join('|')})/?(?:;.*)?$`);
  return (path) => pattern.test(path);
}

function compileDropped(dropped: VendorFile['dropped']): PreparedAnswer | null {
  if (dropped === undefined) return null;
  if (dropped.gif) return prepareAnswer(dropped.status, 'image/gif', PIXEL);
  return prepareAnswer(dropped.status, dropped.type ?? null, Buffer.from(dropped.body ?? '', 'utf8'));
}

type RestrictionEntry = NonNullable<VendorFile['restricted']>[number];

function compileRestriction(entry: RestrictionEntry): Restriction {
  const values = (part: RestrictionEntry['set']): [string, string][] =>
    Object.entries(part ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
  const json = Object.entries({ ...entry.set, ...entry.add }).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return {
    without: PURPOSE_INDEX[entry.without],
    beside: entry.beside,
    set: values(entry.set),
    add: values(entry.add),
    json: new Map(json),
  };
}

function namedPurposes(file: VendorFile): Set<Purpose> {
  const named = new Set<Purpose>(file.purposes);
  for (const entry of [...file.fields, ...(file.cookies ?? []), ...(file.headers ?? [])]) named.add(purposeOf(entry, file));
  if (file.address !== undefined) named.add(file.address);
  if (file['click-ids'] !== undefined) named.add(file['click-ids']);
  return named;
}

export function compileProfile(file: VendorFile): VendorProfile {
  const fields = compileFields(file.fields, file, true);
  const cookies = compileFields(file.cookies ?? [], file, false);
  const headers = new NameTable<FieldRule>(false);
  for (const entry of file.headers ?? []) {
    for (const name of entry.names) headers.add(name.toLowerCase(), compileField(entry, purposeOf(entry, file)));
  }
  const batches = new Set(file.batches ?? []);
  const entities = new Set(file.entities ?? []);
  const isAnyRequired = file.fields.some((entry) => entry.required === true);
  return {
    name: file.vendor,
    purposes: PURPOSES.filter((purpose) => file.purposes.includes(purpose)),
    named: purposeSet(namedPurposes(file)),
    recipient: file.recipient,
    dropped: compileDropped(file.dropped),
    consentInBody: file['consent-in-body'] !== false,
    isEndpoint: compileEndpoints(file.endpoints),
    isOpaque: compileEndpoints(file.opaque ?? []),
    cookiePurpose: (name) => {
      const rule = cookies.find(name);
      return rule === null ? null : (PURPOSES[rule.purpose] ?? null);
    },
    addressPurpose: file.address === undefined ? null : PURPOSE_INDEX[file.address],
    clickIdPurpose: file['click-ids'] === undefined ? null : PURPOSE_INDEX[file['click-ids']],
    field: (path) => fields.findAbove(path),
    isDeclared: (path) => fields.has(path),
    hasFieldsBelow: (path) => fields.hasBelow(path),
    cookie: (name) => cookies.find(name),
    header: (name) => headers.find(name),
    declaredName: (carrier, name) => (carrier === 'cookie' ? cookies : carrier === 'header' ? headers : fields).nameOf(name),
    isBatch: (path) => batches.has(path),
    isEntity: (path) => entities.has(path),
    isAnyRequired,
    restrictions: (file.restricted ?? []).map(compileRestriction),
  };
}
