/** Lists, codes of products, and what vendors make lists of: every part is checked by its place. */
import { findClass } from '../privacy/detect-nested.ts';
import { classOfName } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import { isIdLike, isName, isNumber } from './value-words.ts';

const MAX_LIST = 4096;
const MAX_PARTS = 100;

/** Parts of a list, or null where there are too many. A list is as long as what is in it; its parts are not. */
function partsOf(value: string, separator: string | RegExp): string[] | null {
  if (value.length > MAX_LIST) return null;
  const parts = value.split(separator);
  return parts.length <= MAX_PARTS ? parts : null;
}

/** The parts that stay of a list, as they stay. */
function keepList(value: string, separator: string, keep: (part: string) => string | null): string {
  return (partsOf(value, separator) ?? []).flatMap((part) => keep(part) ?? []).join(separator);
}

/** Whether every part of a list is one of a kind. */
function isListOf(value: string, separator: string | RegExp, isPart: (part: string) => boolean): boolean {
  return partsOf(value, separator)?.every(isPart) === true;
}

const LIST_PART = /^[A-Za-z0-9_$.:/@| -]{0,64}$/;
/** An event of Adobe Analytics with a number, as `event1=29.90`. */
const COUNTED_EVENT = /^event\d{1,4}=\d{1,8}(?:\.\d{1,6})?$/;

function isListPart(part: string): boolean {
  return COUNTED_EVENT.test(part) || (LIST_PART.test(part) && !isIdLike(part));
}

export function isList(value: string): boolean {
  return isListOf(value, /[,;]/, isListPart) && findClass(value) === null;
}

/** An id of a place on Google Maps: a shop's. */
const PLACE = /^ChIJ[A-Za-z0-9_-]{20,30}$/;
const PRODUCT = /^[\p{L}\p{N}_ .:/|+#()&-]{1,100}$/u;

/** Products and their variants as Shopify hands them on to others. */
const SHOPIFY = /^(?:shopify_[A-Z]{2,3}_\d{6,16}(?:_\d{6,16})?|gid:\/\/shopify\/Product(?:Variant)?\/\d{6,16})$/;

/** The number of an article, behind letters or in groups. Those of three, two or three, and four digits are of phones and of persons, as are six and four. */
const ARTICLE = /^(?:[A-Za-z]{1,6}[-_]\d{7,12}|(?!(?:\d{3}[-.]\d{2,3}|\d{6})[-.]\d{4}$)[1-9]\d{2,6}(?:[-.]\d{2,5}){1,2})$/;
const KNOWN_CODES: readonly RegExp[] = [/^\d{1,14}$/, PLACE, SHOPIFY, ARTICLE];

/** One code, of digits as many as a GTIN has or with letters: those may have more digits than a name. */
function isCode(value: string): boolean {
  return PRODUCT.test(value) && (KNOWN_CODES.some((form) => form.test(value)) || findClass(value) === null);
}

/** Within JSON: a code, and an array of codes. What stands there is what is read: no escapes, no fractions, no exponents. */
const CODE = /"[^"\\]*"|\d+/g;
const CODES = /^\[\s*(?:(?:"[^"\\]{1,100}"|\d{1,14})(?:\s*,\s*(?="|\d)|\s*(?=\])))*\]$/;

/** Numbers of products in a list are as long as those of cards and phones; none with a zero first, as an area code has. */
const NUMBERS = /^(?:[1-9]\d{0,13}(?:[,;](?=[1-9])|$))+$/;

/** Code of a product, codes with `,` or `;` between, or a JSON array of codes. */
export function isProduct(value: string): boolean {
  if (!/^\[|[,;]/.test(value)) return isCode(value);
  if (!value.startsWith('[')) return isListOf(value, /[,;]/, isCode) && (NUMBERS.test(value) || findClass(value) === null);
  if (value.length > MAX_LIST || !CODES.test(value)) return false;
  return (value.match(CODE) ?? []).every((code) => isCode(code.replaceAll('"', '')));
}

/** What stands in the row of a product: its code, names, prices and numbers. */
export function isProductText(value: string): boolean {
  return isNumber(value) || isCode(value) || isName(value);
}

/** Adobe Analytics: a variable of a product whose value is words without digits. With digits they are by experience customer numbers. */
const MERCHANDISING = /^eVar\d{1,3}=[A-Za-z][A-Za-z _:/-]{0,39}$/;

/** Adobe Analytics: category, product, quantity, price, events and variables of one product. */
const PRODUCT_PARTS: readonly ((value: string) => boolean)[] = [
  isName,
  isCode,
  isNumber,
  isNumber,
  (value) => isListOf(value, '|', (event) => /^event\d{1,4}$/.test(event) || COUNTED_EVENT.test(event)),
  (value) => isListOf(value, '|', (variable) => MERCHANDISING.test(variable)),
];

function isProductPart(part: string, at: number): boolean {
  return part === '' || PRODUCT_PARTS[at]?.(part) === true;
}

/** Adobe Analytics: `category;product;quantity;price;events;variables`, and the next product after a comma. */
export function isProducts(value: string): boolean {
  return isListOf(value, ',', (entry) => entry.split(';').every(isProductPart));
}

/** What stands behind a comma within a variable is no product. */
function keepProduct(entry: string): string | null {
  const parts = entry.split(';');
  const [, product = ''] = parts;
  return product === '' || !isCode(product) ? null : parts.map((part, at) => (isProductPart(part, at) ? part : '')).join(';');
}

/** Google Analytics 4: parts of an item by the two letters that each begins with. */
const ITEM_PARTS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['id', isCode],
  ...['pr', 'qt', 'ds', 'lp'].map((key) => [key, isNumber] as const),
  ...['nm', 'br', 'ca', 'c2', 'c3', 'c4', 'c5', 'va', 'cp', 'af', 'li', 'ln', 'pi', 'pn', 'cn', 'cs'].map(
    (key) => [key, isName] as const,
  ),
  ['lo', (value) => isCode(value) || isName(value)],
]);

/** A parameter of the site's own: its name as `k0`, its value as `v0`, the next one's as `k1` and `v1`. */
const OWN_PART = /^[kv][0-9a-z]$/;

function isOwnPart(key: string, text: string): boolean {
  if (key.startsWith('k')) return /^[A-Za-z]\w{0,39}$/.test(text) && classOfName(text) === null;
  return isNumber(text) || isName(text);
}

function isItemPart(part: string): boolean {
  const key = part.slice(0, 2);
  const text = part.slice(2);
  if (OWN_PART.test(key)) return text === '' || isOwnPart(key, text);
  const isPart = ITEM_PARTS.get(key);
  return isPart !== undefined && (text === '' || isPart(text));
}

/** Google Analytics 4: one item, as `idSKU1~nmTee~pr19.9~qt1~k0colour~v0red`. */
export function isItem(value: string): boolean {
  const parts = partsOf(value, '~');
  return parts !== null && new Set(parts.map((part) => part.slice(0, 2))).size === parts.length && parts.every(isItemPart);
}

/** Of a parameter of the site's own, name and value stay or go together. */
function keepItem(value: string): string {
  const parts = partsOf(value, '~') ?? [];
  const lost = new Set(
    parts.filter((part) => OWN_PART.test(part.slice(0, 2)) && !isItemPart(part)).map((part) => part.charAt(1)),
  );
  const isKept = (part: string): boolean => isItemPart(part) && !(OWN_PART.test(part.slice(0, 2)) && lost.has(part.charAt(1)));
  return parts.filter(isKept).join('~');
}

/** Criteo: products in brackets, each a query in percent-encoding, as `[i%3DSKU1%26pr%3D19.9%26q%3D1]`. */
const CART_PARTS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['i', isCode],
  ['pr', isNumber],
  ['q', isNumber],
]);

export function isCart(value: string): boolean {
  if (!value.startsWith('[') || !value.endsWith(']')) return isCode(value);
  return isListOf(value.slice(1, -1), ',', (entry) =>
    isListOf(decodePercent(entry), '&', (pair) => {
      const [name = '', part = '', ...more] = pair.split('=');
      return more.length === 0 && (CART_PARTS.get(name)?.(part) ?? (pair === name && isCode(pair)));
    }),
  );
}

/** Lists whose parts stand for themselves, by type: what of them has its form. */
export const LIST_KEEPERS: ReadonlyMap<string, (value: string) => string> = new Map([
  ['list', (value) => keepList(value, ',', (part) => (isListPart(part) && findClass(part) === null ? part : null))],
  ['products', (value) => keepList(value, ',', keepProduct)],
  ['items', keepItem],
]);
