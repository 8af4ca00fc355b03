/** Media types in one spelling, and none that no tracker sends. */
import { expect, it } from 'vitest';
import { canonicalType } from '../../../src/privacy/content-type.ts';

it.each([
  ['application/json', 'application/json'],
  [' Application/JSON ', 'application/json'],
  ['text/json', 'application/json'],
  ['text/plain;charset=UTF-8', 'text/plain;charset=UTF-8'],
  ['text/plain; Charset = "utf8"', 'text/plain;charset=UTF-8'],
  ['text/plain;charset=latin1', 'text/plain'],
  ['application/json;boundary=anna', 'application/json'],
  ['application/x-gzip', 'application/gzip'],
  ['multipart/form-data;boundary=anna', null],
  ['', null],
])('%s: %s', (value, type) => {
  expect(canonicalType(value)).toBe(type);
});
