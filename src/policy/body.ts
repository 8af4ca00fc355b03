/** The inherited part of a policy: how a child's keys are laid over a parent's. Maps merge, lists and single values replace. */
import type { Body } from './schema.ts';

type Plain = Record<string, unknown>;

const BODY_KEYS: readonly (keyof Body)[] = [
  'model',
  'purposes',
  'signals',
  'anonymize',
  'consent',
  'minors',
  'sensitive',
  'failure',
];

/** The inherited part of a file or variant, without what is its own. */
export function pickBody(file: Body & Plain): Body {
  return Object.fromEntries(BODY_KEYS.filter((key) => file[key] !== undefined).map((key) => [key, file[key]]));
}

export function mergeBodies(parent: Body, child: Body): Body {
  const { minors, ...rest } = child;
  const merged = mergeMaps(parent as Plain, rest) as Body;
  return minors === undefined ? merged : { ...merged, minors: mergeMinors(parent.minors ?? [], minors) };
}

function mergeMaps(parent: Plain, child: Plain): Plain {
  const merged: Plain = { ...parent };
  for (const [key, value] of Object.entries(child)) {
    const inherited = merged[key];
    merged[key] = isMap(inherited) && isMap(value) ? mergeMaps(inherited, value) : value;
  }
  return merged;
}

/** Rows of the same age merge, others stand side by side. */
function mergeMinors(parent: NonNullable<Body['minors']>, child: NonNullable<Body['minors']>): NonNullable<Body['minors']> {
  const rows = new Map(parent.map((row) => [row.under, row]));
  for (const row of child) rows.set(row.under, { ...rows.get(row.under), ...row });
  return [...rows.values()].sort((a, b) => a.under - b.under);
}

function isMap(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
