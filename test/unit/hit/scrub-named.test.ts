/** Values of JSON beside their names, where the document is the value of a field that nobody declared. */
import { describe, expect, it } from 'vitest';
import { namesSomebodyInJson, objectOfName, objectOfValue } from '../../../src/hit/scrub-named.ts';
import { LENIENT } from '../../support/scrub.ts';
import { compileSmall, contextOf } from '../../support/scrub-context.ts';

const profile = compileSmall('endpoints: []\nfields:\n  - { names: [w], class: utility }\n');
const names = (text: string): boolean | null => namesSomebodyInJson(contextOf(profile, { rules: LENIENT }), text);

describe('namesSomebodyInJson', () => {
  it.each([
    '{"last_name":"Brandt"}',
    '{"a":{"user":{"id":"K-7744"}}}',
    '[["last_name","Brandt"]]',
    '[["colour","red"],["city","Berlin"]]',
    '{"1":["last_name","Brandt"]}',
    '["colour","red","last_name","Brandt"]',
    '[{"key":"last_name","value":"Brandt"}]',
    '[{"k":"customer_no","v":77441}]',
    '[{"key":"user.id","value":{"stringValue":"K-7744"}}]',
    '[{"property":"a","value":"b"},{"value":"Brandt","property":"last_name"}]',
  ])('%s', (text) => {
    expect(names(text)).toBe(true);
  });

  it.each([
    '{}',
    '[["colour","red"],["size","XL"]]',
    '["mobile","sale","login"]',
    '["first_name","last_name","email"]',
    '[{"key":"colour","value":"red"},{"value":"red","key":"colour"}]',
    '[{"key":"last_name","value":null},{"value":"red"}]',
    '[{"key":"login","value":3}]',
    '{"product":{"id":77441,"type":"user"}}',
  ])('not %s', (text) => {
    expect(names(text)).toBe(false);
  });

  it.each(['{last_name:1}', '[', '{"a":1}x'])('tells nothing of what is no JSON: %s', (text) => {
    expect(names(text)).toBeNull();
  });
});

it('members that say names, and members that are the values of those, are told by their keys', () => {
  expect(['name', 'a.Key', 'a.b.k', 'surname', 'a.keys'].map(objectOfName)).toEqual(['', 'a', 'a.b', null, null]);
  expect(['value', 'a.V', 'a.value.stringValue', 'a.value.int_value', 'a.value.x', 'revenue'].map(objectOfValue)).toEqual([
    ...['', 'a', 'a', 'a'],
    ...[null, null],
  ]);
});
