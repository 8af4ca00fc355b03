import { expect, it } from 'vitest';
import { NameTable } from '../../../src/vendors/names.ts';

function tableOf(...names: string[]): NameTable<string> {
  const table = new NameTable<string>(true);
  for (const name of names) table.add(name, name);
  return table;
}

it.each([
  ['u#', 'u1', 'u#'],
  ['u#', 'u100', 'u#'],
  ['u#', 'u1000', null],
  ['u#', 'u', null],
  ['u#', 'uap', null],
  ['u#', 'uap[]', null],
  ['u#', 'u1[a]', 'u#'],
  ['a.#.b', 'a.12.b', 'a.#.b'],
  ['a.#.*', 'a.12.b', 'a.#.*'],
  ['a.*#', 'a.b.7', null],
  ['a.*', 'a.b.c', 'a.*'],
])('%s, %s: %s', (declared, name, found) => {
  const table = tableOf(declared);
  expect([table.findAbove(name), table.nameOf(name)]).toEqual([found, found]);
});

it('tells where fields lie below', () => {
  const table = tableOf('list.#.id');
  expect(['list', 'list.1', 'other'].map((path) => table.hasBelow(path))).toEqual([true, true, false]);
});
