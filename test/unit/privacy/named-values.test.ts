/** Which members say names, which are values of those, and which value stands beside which name. */
import { describe, expect, it } from 'vitest';
import { NamedValues, objectOfName, objectOfValue, type Place, placeAt } from '../../../src/privacy/named-values.ts';

it('members that say names, and members that are the values of those, are told by their keys', () => {
  expect(['name', 'a.Key', 'a.b.k', 'surname', 'a.keys'].map(objectOfName)).toEqual(['', 'a', 'a.b', null, null]);
  expect(['value', 'a.V', 'a.value.stringValue', 'a.value.int_value', 'a.value.x', 'revenue'].map(objectOfValue)).toEqual([
    ...['', 'a', 'a', 'a'],
    ...[null, null],
  ]);
});

describe('NamedValues', () => {
  const named = new NamedValues<Place>((name) => (name === 'who' || name === 'last_name' ? 'direct' : null));

  it('knows the value beside a name until its object ends', () => {
    named.open('');
    expect(named.read(placeAt('name'), 'who', 'string')).toBeNull();
    expect(named.read(placeAt('type'), 'text', 'string')).toBeNull();
    expect(named.read(placeAt('value'), 'anna77', 'string')).toBe('direct');
    expect(named.close('')).toBeNull();
    named.open('');
    expect(named.read(placeAt('value'), 'anna77', 'string')).toBeNull();
    expect(named.close('')).toBeNull();
  });

  it('tells at its end of an object whose value came before its name', () => {
    named.open('a');
    named.read(placeAt('a.value'), 'anna77', 'string');
    named.read(placeAt('a.name'), 'who', 'string');
    expect(named.close('a')).toMatchObject({ value: 'anna77', carrier: 'direct' });
  });

  it('takes the first of a list in a list for a name, and in another list only what can be nothing else', () => {
    const read = (path: string, ...values: string[]): unknown[] =>
      values.map((value) => named.read(placeAt(path), value, 'string'));
    named.open('a');
    expect(read('a', 'who', 'anna77', 'last_name', 'Brandt')).toEqual([null, null, null, 'direct']);
    named.open('a');
    expect(read('a', 'who', 'anna77', 'red')).toEqual([null, 'direct', null]);
    named.close('a');
    named.close('a');
  });
});
