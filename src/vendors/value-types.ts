/** The types that a declared value can have: what does not match is removed from an anonymized hit. */
import { findClass } from '../privacy/detect-nested.ts';
import { readIpv4 } from '../privacy/ip-text.ts';
import { classOfName } from '../privacy/names.ts';

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
  'product',
  'product-text',
  'products',
  'items',
  'release',
  'dsn',
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

const NUMBER = /^-?\d{1,8}(?:\.\d{1,6})?$/;
const FORMS: Readonly<Partial<Record<ValueType, RegExp>>> = {
  bool: /^(?:0|1|true|false|yes|no|y|n|on|off|t|f)$/i,
  integer: /^-?\d{1,8}$/,
  number: NUMBER,
  currency: /^[A-Za-z]{3}$/,
  version: /^[A-Za-z@/_-]{0,24}\d{1,4}(?:[._-][0-9A-Za-z]{1,12}){0,6}$/,
  slug: /^[A-Za-z0-9_$.:/@|-]{1,64}$/,
  name: /^[\p{L}\p{M}\p{N}\p{Sc}\p{Extended_Pictographic}_ .,:;/\\()[\]|&!?*+='"#%<>~@–—’‘“”„…•×°®™¿¡№-]{1,100}$/u,
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
};

/** Types whose values are chosen by the site, so that an identifier may have slipped in. */
const FREE: ReadonlySet<ValueType> = new Set(['slug', 'name', 'version', 'any', 'host']);

/** A date, or a size behind a word: `banner_300x250`. */
const DATE_OR_SIZE = /(?<!\d)(?:20\d\d(?:[-_.]?[01]\d(?:[-_.]?[0-3]\d)?)?|(?<=[A-Za-z][_-])\d{2,4}x\d{2,4})(?!\d)/g;

/** A single word with many digits, dates and sizes aside, is an id rather than a name. */
function isIdLike(value: string): boolean {
  if (value.length < 6 || value.includes(' ') || !/[A-Za-z]/.test(value)) return false;
  const rest = value.replace(DATE_OR_SIZE, '');
  return (rest.match(/\d/g)?.length ?? 0) >= 5;
}

/** Whether what the site chose has its form, and nothing in it looks like an identifier. */
function isFree(value: string, type: ValueType): boolean {
  if (FORMS[type]?.test(value) === false) return false;
  return findClass(value) === null && (type === 'version' || !isIdLike(value));
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

/** Words that the site chose, without an identifier among them. */
function isName(value: string): boolean {
  return isFree(value, 'name');
}

function isNumber(value: string): boolean {
  return NUMBER.test(value);
}

const MAX_LIST = 4096;
const MAX_PARTS = 100;

/** Whether every part of a list is one of a kind. A list is as long as what is in it; its parts are not. */
function isListOf(value: string, separator: string | RegExp, isPart: (part: string) => boolean): boolean {
  if (value.length > MAX_LIST) return false;
  const parts = value.split(separator);
  return parts.length <= MAX_PARTS && parts.every(isPart);
}

const LIST_PART = /^[A-Za-z0-9_$.:/@| -]{0,64}$/;
/** An event of Adobe Analytics with a number, as `event1=29.90`. */
const COUNTED_EVENT = /^event\d{1,4}=\d{1,8}(?:\.\d{1,6})?$/;

function isList(value: string): boolean {
  const isPart = (part: string): boolean => COUNTED_EVENT.test(part) || (LIST_PART.test(part) && !isIdLike(part));
  return isListOf(value, /[,;]/, isPart) && findClass(value) === null;
}

const PRODUCT = /^[\p{L}\p{N}_ .:/|+#()&-]{1,100}$/u;

/** One code, of digits as many as a GTIN has or with letters: those may have more digits than a name. */
function isCode(value: string): boolean {
  return PRODUCT.test(value) && (/^\d{1,14}$/.test(value) || findClass(value) === null);
}

/** Within JSON: a code, and an array of codes. What stands there is what is read: no escapes, no fractions, no exponents. */
const CODE = /"[^"\\]*"|\d+/g;
const CODES = /^\[\s*(?:(?:"[^"\\]{1,100}"|\d{1,14})(?:\s*,\s*(?="|\d)|\s*(?=\])))*\]$/;

/** Code of a product, or a JSON array of such codes. */
function isProduct(value: string): boolean {
  if (!value.startsWith('[')) return isCode(value);
  if (value.length > MAX_LIST || !CODES.test(value)) return false;
  return (value.match(CODE) ?? []).every((code) => isCode(code.replaceAll('"', '')));
}

/** Adobe Analytics: a variable of a product whose value is words without digits. With digits they are by experience customer numbers. */
const MERCHANDISING = /^eVar\d{1,3}=[A-Za-z][A-Za-z _:/-]{0,39}$/;

/** Adobe Analytics: `category;product;quantity;price;events;variables`, and the next product after a comma. */
function isProducts(value: string): boolean {
  return isListOf(value, ',', (entry) => {
    const [category = '', product = '', quantity = '', price = '', events = '', variables = '', ...more] = entry.split(';');
    return (
      more.length === 0 &&
      (category === '' || isName(category)) &&
      (product === '' || isCode(product)) &&
      [quantity, price].every((number) => number === '' || isNumber(number)) &&
      (events === '' || isListOf(events, '|', (event) => /^event\d{1,4}$/.test(event) || COUNTED_EVENT.test(event))) &&
      (variables === '' || isListOf(variables, '|', (variable) => MERCHANDISING.test(variable)))
    );
  });
}

/** An id of a place on Google Maps: a shop's. */
const PLACE = /^ChIJ[A-Za-z0-9_-]{20,30}$/;

/** Google Analytics 4: parts of an item by the two letters that each begins with. */
const ITEM_PARTS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['id', isCode],
  ...['pr', 'qt', 'ds', 'lp'].map((key) => [key, isNumber] as const),
  ...['nm', 'br', 'ca', 'c2', 'c3', 'c4', 'c5', 'va', 'cp', 'af', 'li', 'ln', 'pi', 'pn', 'cn', 'cs'].map(
    (key) => [key, isName] as const,
  ),
  ['lo', (value) => PLACE.test(value) || isName(value)],
]);

/** A parameter of the site's own: its name as `k0`, its value as `v0`, the next one's as `k1` and `v1`. */
const OWN_PART = /^[kv][0-9a-z]$/;

function isOwnPart(key: string, text: string): boolean {
  if (key.startsWith('k')) return /^[A-Za-z]\w{0,39}$/.test(text) && classOfName(text) === null;
  return isNumber(text) || isName(text);
}

/** Google Analytics 4: one item, as `idSKU1~nmTee~pr19.9~qt1~k0colour~v0red`. */
function isItem(value: string): boolean {
  const keys = new Set<string>();
  return isListOf(value, '~', (part) => {
    const key = part.slice(0, 2);
    const isPart = ITEM_PARTS.get(key);
    if (keys.has(key)) return false;
    keys.add(key);
    const text = part.slice(2);
    if (OWN_PART.test(key)) return text === '' || isOwnPart(key, text);
    return isPart !== undefined && (text === '' || isPart(text));
  });
}

const COMMIT = /^(?:[0-9a-f]{40}|(?=\d{0,11}[a-f])[0-9a-f]{7,12})$/;
const BUILD = /^v?\d{1,8}(?:[._+-][0-9A-Za-z]{1,12}){0,8}$/;

/** A version or a commit, alone or after `package@`; or a word. */
function isRelease(value: string): boolean {
  const at = value.lastIndexOf('@');
  const version = value.slice(at + 1);
  if (!COMMIT.test(version) && !(BUILD.test(version) && findClass(version) === null)) return isFree(value, 'slug');
  return at <= 0 || isFree(value.slice(0, at), 'slug');
}

/** Sentry: where envelopes go, and the public key of the project that takes them. */
function isDsn(value: string): boolean {
  const host = /^https?:\/\/[0-9a-f]{32}@([A-Za-z0-9.-]{1,100}(?::\d{1,5})?)\/\d{1,20}$/.exec(value)?.[1];
  return host !== undefined && isFree(host.replace(/^o\d{1,20}(?=\.ingest\.)/, 'o'), 'host');
}

const CHECKS: Readonly<Partial<Record<ValueType, (value: string) => boolean>>> = {
  list: isList,
  product: isProduct,
  'product-text': (value) => isNumber(value) || isCode(value) || isName(value),
  products: isProducts,
  items: isItem,
  release: isRelease,
  dsn: isDsn,
};

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
  if (form.like !== null && !matchesLike(value, form.like)) return false;
  const check = CHECKS[type];
  if (check !== undefined) return check(value);
  if (FREE.has(type)) return isFree(value, type);
  if (FORMS[type]?.test(value) === false) return false;
  if (type === 'account') return form.like !== null || isAccount(value);
  return (type !== 'key' && type !== 'code') || isKey(value);
}
