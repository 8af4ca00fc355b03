/** Lists, codes of products, and what vendors make lists of: every part is checked by its place. */
import { findClass } from '../privacy/detect-nested.ts';
import { classOfName } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import { isIdLike, isName, isNumber } from './value-words.ts';

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

export function isList(value: string): boolean {
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

/** Adobe Analytics: `category;product;quantity;price;events;variables`, and the next product after a comma. */
export function isProducts(value: string): boolean {
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
export function isItem(value: string): boolean {
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
