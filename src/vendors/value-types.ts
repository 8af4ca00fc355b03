/** The types that a declared value can have: what does not match is removed from an anonymized hit. */
import { findClass, visitIdentifiers } from '../privacy/detect-nested.ts';
import { readIpv4 } from '../privacy/ip-text.ts';
import { isCart, isItem, isList, isProduct, isProducts, isProductText, LIST_KEEPERS } from './value-lists.ts';
import { isWord, NAME, NUMBER } from './value-words.ts';

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
  'cart',
  'script',
  'credentials',
  'org',
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

const FORMS: Readonly<Partial<Record<ValueType, RegExp>>> = {
  bool: /^(?:0|1|true|false|yes|no|y|n|on|off|t|f)$/i,
  integer: /^-?\d{1,8}$/,
  number: NUMBER,
  currency: /^[A-Za-z]{3}$/,
  version: /^[A-Za-z@/_-]{0,24}\d{1,4}(?:[._+-][0-9A-Za-z]{1,12}){0,6}(?: \(\d{1,8}\))?$/,
  slug: /^[A-Za-z0-9_$.:/@|-]{1,64}$/,
  name: NAME,
  code: /^[A-Za-z0-9_.~:!*|,;-]{1,128}$/,
  account: /^[A-Za-z0-9_.:/-]{1,80}$/,
  key: /^[A-Za-z0-9_.:*| -]{1,250}$/,
  uuid: /^[0-9a-zA-Z]{8}-(?:[0-9a-zA-Z]{4}-){3}[0-9a-zA-Z]{12}$/,
  org: /^[0-9A-F]{16,24}@AdobeOrg$/,
  schema: /^[a-z]{2,12}:[A-Za-z0-9_.-]{1,80}(?:\/[A-Za-z0-9_.-]{1,60}){0,4}$/,
  host: /^(?:https?:\/\/)?(?:[A-Za-z0-9-]{1,63}\.){0,8}[A-Za-z0-9-]{1,63}(?::\d{1,5})?\/?$/,
  charset: /^(?:utf-?8|utf-?16|iso-8859-\d{1,2}|windows-125\d|us-ascii|shift_jis|euc-jp|gb2312|gbk|big5|koi8-r)$/i,
  gcs: /^G1[01-]{2}$/,
  gcd: /^1\d(?:[\w-]{2}){4}[\w-]{0,4}$/,
  'us-privacy': /^1[YN-]{3}$/i,
};

/** Types whose values are chosen by the site, so that an identifier may have slipped in. */
const FREE: ReadonlySet<ValueType> = new Set(['slug', 'name', 'version', 'any', 'host']);

/** Whether what the site chose has its form, and nothing in it looks like an identifier. */
function isFree(value: string, type: ValueType): boolean {
  if (FORMS[type]?.test(value) === false) return false;
  return type === 'version' ? findClass(value.replace(/ \(\d+\)$/, '')) === null : isWord(value);
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
  if (!/[.:*| -]/.test(value)) return true;
  const found = findClass(value);
  return found === null || found === 'online-id';
}

const EXTENSION = /(?:\.(?:chunk|bundle|min|esm|module|legacy)){0,2}\.(?:[cm]?js|css|map|wasm)$/;
const HASH = /^(?=\d*[A-Za-z_])(?:[0-9a-f]{6,40}|\w{8,24})$/;

/** A file that a bundler called by its content, the same for everybody who loads it: `main-3f2a91bc.chunk.js`. */
function isHashedFile(name: string): boolean {
  const stem = name.replace(EXTENSION, '');
  if (stem === name || name.includes('@')) return false;
  const parts = stem.split(/[.-]/);
  const hash = parts.pop() ?? '';
  return HASH.test(hash) && isWord(parts.filter((part) => !HASH.test(part)).join('-'));
}

const SCRIPT = /^(?:[a-z][a-z-]{1,20}:\/{0,3})?[\w.@~$()[\]+:/ -]{1,300}$/;

/** Where code of the site stands: the address or path of a file, or a module. */
function isScript(value: string): boolean {
  const parts = value.split('/');
  return SCRIPT.test(value) && parts.every((part, i) => isWord(part) || (i === parts.length - 1 && isHashedFile(part)));
}

const CREDENTIALS = /^(?:Basic|Bearer|OAuth|Sentry) [\x20-\x7e]{1,4096}$/i;

/** What a site signs its hits with: random by nature, and nobody's address or number. */
function isCredentials(value: string): boolean {
  let isRandom = true;
  visitIdentifiers(value, (found) => {
    if (found !== 'online-id') isRandom = false;
  });
  return isRandom && CREDENTIALS.test(value);
}

const COMMIT = /^(?:[0-9a-f]{40}|(?=\d{0,11}[a-f])[0-9a-f]{7,12})$/;
const BUILD = /^(?:v|(?:r|rev|build)[-._]?)?\d{1,8}(?:[._+-][0-9A-Za-z]{1,12}){0,8}$/;

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
  'product-text': isProductText,
  products: isProducts,
  items: isItem,
  cart: isCart,
  script: isScript,
  credentials: isCredentials,
  release: isRelease,
  dsn: isDsn,
};

/** How a value of a type is checked, put together once. */
const ACCEPTS = new Map(VALUE_TYPES.map((type) => [type, checkOf(type)]));

function checkOf(type: ValueType): (value: string) => boolean {
  const check = CHECKS[type];
  if (check !== undefined) return check;
  if (FREE.has(type)) return (value) => isFree(value, type);
  const form = FORMS[type] ?? /^/;
  return type === 'key' || type === 'code' ? (value) => form.test(value) && isKey(value) : (value) => form.test(value);
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
  if (form.like !== null && !matchesLike(value, form.like)) return false;
  if (ACCEPTS.get(type)?.(value) !== true) return false;
  return type !== 'account' || form.like !== null || isAccount(value);
}

/** What of a list has its declared type, where some of its parts have not; null where nothing has, or it is no list. */
export function keepParts(value: string, form: ValueForm): string | null {
  const kept = LIST_KEEPERS.get(form.type ?? 'any')?.(value) ?? '';
  return kept !== '' && isOfType(kept, form) ? kept : null;
}
