/** The types that a declared value can have: what does not match is removed from an anonymized hit. */
import { findClass } from '../privacy/detect-nested.ts';
import { readIpv4 } from '../privacy/ip-text.ts';

export const VALUE_TYPES = [
  'enum',
  'bool',
  'integer',
  'number',
  'currency',
  'version',
  'slug',
  'name',
  'code',
  'account',
  'key',
  'uuid',
  'schema',
  'host',
  'list',
  'charset',
  'timestamp',
  'language',
  'size',
  'length',
  'timezone',
  'user-agent',
  'brands',
  'platform',
  'country',
  'region',
  'page',
  'referrer',
  'link',
  'gcs',
  'gcd',
  'us-privacy',
  'any',
] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

const FORMS: Readonly<Partial<Record<ValueType, RegExp>>> = {
  bool: /^(?:0|1|true|false|yes|no|y|n|on|off|t|f)$/i,
  integer: /^-?\d{1,8}$/,
  number: /^-?\d{1,8}(?:\.\d{1,6})?$/,
  currency: /^[A-Za-z]{3}$/,
  version: /^[A-Za-z@/_-]{0,24}\d{1,4}(?:[._-][0-9A-Za-z]{1,12}){0,6}$/,
  slug: /^[A-Za-z0-9_$.:/@|-]{1,64}$/,
  name: /^[\p{L}\p{N}_$ .,:;/\\()[\]|&!?*+='"#%<>~@-]{1,100}$/u,
  code: /^[A-Za-z0-9_.~:!*|,;-]{1,128}$/,
  account: /^[A-Za-z0-9_.:-]{1,80}$/,
  key: /^[A-Za-z0-9_.:* -]{1,250}$/,
  uuid: /^[0-9a-zA-Z]{8}-(?:[0-9a-zA-Z]{4}-){3}[0-9a-zA-Z]{12}$/,
  schema: /^[a-z]{2,12}:[A-Za-z0-9_.-]{1,80}(?:\/[A-Za-z0-9_.-]{1,60}){0,4}$/,
  host: /^(?:https?:\/\/)?(?:[A-Za-z0-9-]{1,63}\.){0,8}[A-Za-z0-9-]{1,63}(?::\d{1,5})?\/?$/,
  charset: /^(?:utf-?8|utf-?16|iso-8859-\d{1,2}|windows-125\d|us-ascii|shift_jis|euc-jp|gb2312|gbk|big5|koi8-r)$/i,
  gcs: /^G1[01-]{2}$/,
  gcd: /^1\d(?:[\w-]{2}){4}[\w-]{0,4}$/,
  'us-privacy': /^1[YN-]{3}$/i,
  list: /^[A-Za-z0-9_$.:/@| -]{1,64}(?:[,;][A-Za-z0-9_$.:/@| -]{1,64}){0,50}$/,
};

/** Types whose values are chosen by the site, so that an identifier may have slipped in. */
const FREE: ReadonlySet<ValueType> = new Set(['slug', 'name', 'version', 'list', 'any', 'host']);

/** A single word with many digits, dates aside, is an id rather than a name. */
function isIdLike(value: string): boolean {
  if (value.length < 6 || value.includes(' ') || !/[A-Za-z]/.test(value)) return false;
  const undated = value.replace(/(?<!\d)20\d\d(?:[-_.]?[01]\d(?:[-_.]?[0-3]\d)?)?(?!\d)/g, '');
  return (undated.match(/\d/g)?.length ?? 0) >= 5;
}

function matchesLike(value: string, like: readonly string[]): boolean {
  return like.some((form) => (form.endsWith('*') ? value.startsWith(form.slice(0, -1)) : value === form));
}

/** Numbers and keys of an account are long, too: digits alone, or hexadecimal of a key's length. Anything else that looks like an id is one. */
function isAccount(value: string): boolean {
  return (
    /^\d{1,20}$/.test(value) ||
    /^(?:[0-9a-f]{32}|[0-9a-f]{40})$/.test(value) ||
    (readIpv4(value) === null && findClass(value) === null)
  );
}

/** Keys and codes are random by nature; an address or a number of somebody, which has separators, is none. */
function isKey(value: string): boolean {
  if (!/[.:* -]/.test(value)) return true;
  const found = findClass(value);
  return found === null || found === 'online-id';
}

/** What of a field's declaration its value is checked against. */
export interface ValueForm {
  readonly type: ValueType | null;
  readonly values: ReadonlySet<string> | null;
  readonly like: readonly string[] | null;
}

/** Whether a value has its declared type and holds nothing that looks like an identifier. */
export function isOfType(value: string, form: ValueForm): boolean {
  const type = form.type ?? 'any';
  if (type === 'enum') return form.values?.has(value) === true;
  const pattern = FORMS[type];
  if (pattern !== undefined && !pattern.test(value)) return false;
  if (form.like !== null && !matchesLike(value, form.like)) return false;
  if (type === 'account') return form.like !== null || isAccount(value);
  if (type === 'key' || type === 'code') return isKey(value);
  if (!FREE.has(type)) return true;
  return findClass(value) === null && (type === 'version' || !isIdLike(value));
}
