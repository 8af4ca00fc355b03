/** Values of signals as they were found on a hit, before any reader understands them. */

/** Parameters of a query, a form or the top level of a JSON body that say something about consent. */
export const PARAM_NAMES = [
  'gdpr',
  'gdpr_consent',
  'gpp',
  'gpp_sid',
  'us_privacy',
  'gcs',
  'gcd',
  'npa',
  'dma',
  'dma_cps',
  'rdp',
  'ltd',
  'addtl_consent',
  'dnt',
  'lmt',
  'att',
  'atts',
  'att_status',
  'idfa',
  'ifa',
  'advertiser_tracking_enabled',
  'application_tracking_enabled',
  'dpo',
  'dpoco',
  'dpost',
  'data_processing_options',
  'limited_data_use',
  'asc',
] as const;
export type ParamName = (typeof PARAM_NAMES)[number];

export interface Carried {
  /** Decoded; never empty and never an unexpanded macro: those are as good as absent. */
  readonly value: string;
  /** Carrier, as in `SignalReading.field`. */
  readonly field: string;
  /** Found in one entry of a batch: it speaks for that entry, so it may lower what the whole hit is allowed, never raise it. */
  readonly lowersOnly: boolean;
}

export type Found = Map<ParamName, Carried[]>;

const NONE: readonly Carried[] = [];

export function foundOf(found: Found, name: ParamName): readonly Carried[] {
  return found.get(name) ?? NONE;
}

/** More different values of one parameter than this are no honest hit; they read as unreadable, and cost no more. */
const MAX_VALUES = 16;
/** A value that every reader refuses. */
const UNREADABLE = '?';

function hasValue(values: readonly Carried[], value: string): boolean {
  return values.some((other) => other.value === value);
}

export function addFound(found: Found, name: ParamName, carried: Carried): void {
  const values = found.get(name);
  if (values === undefined) found.set(name, [carried]);
  else if (values.length < MAX_VALUES && !hasValue(values, carried.value)) values.push(carried);
  else if (values.length === MAX_VALUES && !hasValue(values, carried.value)) addUnreadable(found, name, carried.field);
}

/** Notes that a further value is there that nobody can tell. */
export function addUnreadable(found: Found, name: ParamName, field: string): void {
  const values = found.get(name) ?? [];
  values.push({ value: UNREADABLE, field, lowersOnly: true });
  found.set(name, values);
}

/** `${GDPR}`, `%%GDPR%%`, `{{gdpr}}`, `[GDPR]`, `{gdpr}`, `__GDPR__`: a tag server sent its template instead of a value. */
const MACRO = /^(?:\$\{[^}]*\}|%%.*%%|\{\{.*\}\}|\{[\w.-]*\}|\[[\w.-]*\]|__\w+__)$/s;

/** Whether a value is as good as none. */
export function isAbsent(text: string): boolean {
  return text === '' || MACRO.test(text);
}

/** Longest value that is kept; what is longer than the longest string of any signal is unreadable whatever it says. */
const MAX_VALUE_CHARS = 32_768;

/** A percent-encoded value as text, or null where there is as good as none. A broken encoding is left as it is, for the reader to refuse. */
export function cleanValue(raw: string): string | null {
  if (isAbsent(raw)) return null;
  if (raw.length > MAX_VALUE_CHARS) return raw.slice(0, MAX_VALUE_CHARS);
  if (!raw.includes('%') && !raw.includes('+')) return raw;
  let text: string;
  try {
    text = decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return raw;
  }
  return isAbsent(text) ? null : text;
}
