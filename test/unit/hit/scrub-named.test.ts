/** What names in a value tell: of members, pairs and elements, and those that stand beside values. */
import { describe, expect, it } from 'vitest';
import { namesSomebody } from '../../../src/hit/scrub-named.ts';

const names = (text: string, field = 'note'): boolean => namesSomebody(field, text);

describe('namesSomebody', () => {
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
    '{"a":"{\\"b\\":\\"{\\\\\\"last_name\\\\\\":1}\\"}"}',
    '{"a":"b=1&last_name=Brandt"}',
    'a=1;last_name=Brandt',
    'a=1&user[last_name]=Brandt',
    'data[0][last_name] = Brandt',
    'a=1&b=last_name%253DBrandt',
    '%7B%22last_name%22%3A%22Brandt%22%7D',
    '{broken "last_name": "Brandt"',
    '<customer><lastname>Brandt</lastname></customer>',
    'last_name: Brandt',
    'a|b|customerNo|K-7744',
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
    'My account: orders | Shop',
    'Product name: Tee',
    'filter[name]=tee&sort[price]=asc',
    'a < b > c: 12:30',
    '50% of <b>all</b> tees',
  ])('not %s', (text) => {
    expect(names(text)).toBe(false);
  });

  it('takes a list by the name of its field', () => {
    expect(names('[{"no":"K-7744"}]', 'ep.customers')).toBe(true);
    expect(names('[{"no":"K-7744"}]', 'ep.products')).toBe(false);
  });

  it('takes linear time', () => {
    for (const text of [
      'a_'.repeat(50_000),
      'aB'.repeat(50_000),
      '<a'.repeat(50_000),
      'a"'.repeat(50_000),
      `${'[{"k":"last_name"},'.repeat(5_000)}`,
    ]) {
      const began = performance.now();
      names(`${text}:`);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
  });
});
