/** Takes a request apart into named fields, so that two requests can be compared field by field. For eyes, not for decisions. */
import { headerOf, isOfOneHop, type SeenRequest } from './request.ts';

export type FieldGroup = 'request' | 'query' | 'body' | 'cookie' | 'header';

export interface Field {
  /** As scrub reports name places: `query:gclid`, `cookie:_ga`, `header:referer`, `body:data.cx`; unique in a request. */
  readonly place: string;
  readonly group: FieldGroup;
  readonly name: string;
  readonly value: string;
}

/** Deeper nesting is shown as text. */
const MOST_DEPTH = 12;
const BASE64 = /^[A-Za-z0-9+/_-]{16,}={0,2}$/;

class FieldList {
  readonly fields: Field[] = [];
  readonly #seen = new Map<string, number>();

  /** A second field of the same place gets a number, as `query:id (2)`. */
  add(group: FieldGroup, name: string, value: string): void {
    const place = `${group}:${name}`;
    const count = (this.#seen.get(place) ?? 0) + 1;
    this.#seen.set(place, count);
    const mark = count === 1 ? '' : ` (${count})`;
    this.fields.push({ place: place + mark, group, name: name + mark, value });
  }
}

export function listFields(request: SeenRequest): readonly Field[] {
  const list = new FieldList();
  const mark = request.target.indexOf('?');
  list.add('request', 'method', request.method);
  list.add('request', 'path', mark === -1 ? request.target : request.target.slice(0, mark));
  if (mark !== -1) addPairs(list, 'query', '', request.target.slice(mark + 1));
  addBody(list, request);
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = (request.headers[i] ?? '').toLowerCase();
    const value = request.headers[i + 1] ?? '';
    if (isOfOneHop(name)) continue;
    if (name === 'cookie') addCookies(list, value);
    else if (name === 'referer') addValue(list, 'header', name, value, 0);
    else list.add('header', name, value);
  }
  return list.fields;
}

function addPairs(list: FieldList, group: FieldGroup, prefix: string, text: string, depth = 0): void {
  for (const [name, value] of new URLSearchParams(text)) addValue(list, group, prefix + name, value, depth);
}

function addCookies(list: FieldList, header: string): void {
  for (const member of header.split(';')) {
    const text = member.trim();
    const equals = text.indexOf('=');
    if (text !== '')
      list.add('cookie', equals === -1 ? text : text.slice(0, equals), equals === -1 ? '' : text.slice(equals + 1));
  }
}

function addBody(list: FieldList, request: SeenRequest): void {
  if (request.body === null || request.body.length === 0) return;
  const text = request.body.toString('utf8');
  const json = readJson(text);
  if (json !== undefined) return addJson(list, 'body', '', json, 0);
  const type = headerOf(request, 'content-type');
  if (!/form-urlencoded|text\/plain/.test(type)) return list.add('body', 'text', text);
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  for (const [index, line] of lines.entries()) addPairs(list, 'body', lines.length > 1 ? `line ${index + 1}: ` : '', line);
}

/** A value that holds others is taken apart: a URL with a query, JSON, JSON in base64. */
function addValue(list: FieldList, group: FieldGroup, name: string, value: string, depth: number): void {
  if (depth < MOST_DEPTH) {
    const json = readJson(value) ?? readJson(decodeBase64(value));
    if (json !== undefined) return addJson(list, group, name, json, depth + 1);
    const mark = value.indexOf('?');
    if (mark !== -1 && /^(https?:)?\/\//.test(value)) {
      list.add(group, name, value.slice(0, mark));
      return addPairs(list, group, `${name}?`, value.slice(mark + 1), depth + 1);
    }
  }
  list.add(group, name, value);
}

function addJson(list: FieldList, group: FieldGroup, name: string, value: unknown, depth: number): void {
  if (typeof value === 'string') return addValue(list, group, name, value, depth);
  if (typeof value !== 'object' || value === null || depth >= MOST_DEPTH) return list.add(group, name, JSON.stringify(value));
  for (const [key, inner] of Object.entries(value)) {
    addJson(list, group, name === '' ? key : `${name}.${key}`, inner, depth + 1);
  }
}

/** An object or an array; `undefined` for everything else. */
function readJson(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function decodeBase64(text: string): string {
  return BASE64.test(text) ? Buffer.from(text, 'base64').toString('utf8') : '';
}
