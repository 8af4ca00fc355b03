/** Restricted modes of vendors, set from the decision: they say no where the decision does, and never take back a no that came. */
import { PURPOSE_INDEX } from '../consent/state.ts';
import type { ScrubContext } from './scrub-context.ts';
import type { Addition } from './scrub-plan.ts';

/** State codes of Meta's Limited Data Use; the country is 1 for the United States, and 0 asks Meta to locate. */
const META_STATES: Readonly<Record<string, string>> = {
  CA: '1000',
  CO: '1001',
  CT: '1002',
  FL: '1003',
  OR: '1004',
  TX: '1005',
  MT: '1006',
  DE: '1007',
  NE: '1008',
  NH: '1009',
  NJ: '1010',
};

/** Consent Mode v2 states of `gcd` that mean yes → what says no in the same history. */
const GCD_DENIED: Readonly<Record<string, string>> = { t: 'p', r: 'q', n: 'm', v: 'u', l: 'm' };
const GCD_PURPOSES = ['advertising', 'analytics', 'advertising', 'advertising'] as const;

function isForwarded(ctx: ScrubContext, purpose: keyof typeof PURPOSE_INDEX): boolean {
  return ctx.plan.actions[PURPOSE_INDEX[purpose]] === 'forward';
}

const GCS = /^G1[01-]{2}$/;
const GCD = /^1\d(?:[\w-]{2}){4}[\w-]{0,4}$/;

/** `G1` + ad_storage + analytics_storage: 1 yes, 0 no, - unset. Null where the value is no such flag. */
export function restrictGcs(ctx: ScrubContext, value: string): string | null {
  if (!GCS.test(value)) return null;
  const ad = isForwarded(ctx, 'advertising') ? (value[2] ?? '-') : '0';
  const analytics = isForwarded(ctx, 'analytics') ? (value[3] ?? '-') : '0';
  return `G1${ad}${analytics}`;
}

/** Consent states stand at positions 2, 4, 6 and 8; all other characters stay. Null where the value is no such flag. */
export function restrictGcd(ctx: ScrubContext, value: string): string | null {
  if (!GCD.test(value)) return null;
  let out = value.slice(0, 2);
  for (let i = 2; i < value.length; i++) {
    const char = value[i] as string;
    const purpose = i % 2 === 0 ? GCD_PURPOSES[i / 2 - 1] : undefined;
    const isDenied = purpose !== undefined && !isForwarded(ctx, purpose);
    out += isDenied ? (GCD_DENIED[char] ?? GCD_DENIED[char.toLowerCase()] ?? char) : char;
  }
  return out;
}

/** What a value of a restricted mode reads for this hit. */
export function resolveValue(ctx: ScrubContext, value: string): string {
  const { country, subdivision } = ctx.request;
  const mayTellState = !ctx.isAnonymized || ctx.rules.geo === 'region';
  const state = country === 'US' && subdivision !== null && mayTellState ? META_STATES[subdivision] : undefined;
  switch (value) {
    case '{country}':
      return state === undefined ? '0' : '1';
    case '{state}':
      return state ?? '0';
    case '{gcs}':
      return `G1${isForwarded(ctx, 'advertising') ? '1' : '0'}${isForwarded(ctx, 'analytics') ? '1' : '0'}`;
    default:
      return value;
  }
}

/** Names that are there. */
type Names = Pick<ReadonlySet<string>, 'has'>;
type Missing = [name: string, value: string, addition: Addition];

/** Adds the field, unless one of its name is there. */
function addMissing(ctx: ScrubContext, names: Names, addition: Addition, missing: Missing[]): void {
  const { name, value } = addition;
  if (names.has(name) || missing.some(([known]) => known === name)) return;
  ctx.note(name, 'consent', 'set');
  missing.push([name, resolveValue(ctx, value), addition]);
}

function fill(ctx: ScrubContext, names: Names, belongs: (addition: Addition) => boolean): Missing[] {
  const missing: Missing[] = [];
  for (const addition of ctx.plan.additions) if (belongs(addition)) addMissing(ctx, names, addition, missing);
  return missing;
}

/** Fields to add to a query that has these names. */
export function missingFields(ctx: ScrubContext, names: Names): Missing[] {
  const missing: Missing[] = [];
  for (const [beside, additions] of ctx.plan.additionsBeside) {
    if (names.has(beside)) for (const addition of additions) addMissing(ctx, names, addition, missing);
  }
  return missing;
}

function writeMembers(missing: readonly Missing[]): string[] {
  return missing.map(([name, text, { value, json }]) => {
    const asJson = text === value ? json : /^\d+$/.test(text) ? text : undefined;
    return `${JSON.stringify(name.slice(name.lastIndexOf('.') + 1))}:${asJson ?? JSON.stringify(text)}`;
  });
}

/** Members to add to the object at a path that has these names, objects among them, as JSON text; empty where it has all. */
export function missingMembers(ctx: ScrubContext, path: string, names: Names): string {
  const own = fill(ctx, names, ({ holder, beside }) => (holder === null ? names.has(beside) : holder === path));
  const members = writeMembers(own);
  for (const holder of ctx.plan.holders) {
    if (names.has(holder)) continue;
    const held = writeMembers(fill(ctx, names, (addition) => addition.holder === holder && names.has(addition.beside)));
    if (held.length > 0) members.push(`${JSON.stringify(holder.slice(holder.lastIndexOf('.') + 1))}:{${held.join(',')}}`);
  }
  return members.join(',');
}
