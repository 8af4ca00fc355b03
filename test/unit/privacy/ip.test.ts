import { describe, expect, it } from 'vitest';
import { maskAddress, maskAddressText, normalizeAddressList, parseAddress } from '../../../src/privacy/ip.ts';
import vectors from '../../vectors/mask-ip.json' with { type: 'json' };

describe('maskAddressText', () => {
  it.each(vectors)('masks $input to /$v4 and /$v6', ({ input, v4, v6, expected }) => {
    expect(maskAddressText(input, { v4, v6 })).toBe(expected);
  });
});

describe('parseAddress', () => {
  it.each([
    ['203.0.113.77', '203.0.113.77'],
    ['203.0.113.77:443', '203.0.113.77'],
    ['::ffff:203.0.113.77', '203.0.113.77'],
    ['[2001:DB8:0:0::1]:443', '2001:db8::1'],
    ['fe80::1%en0', 'fe80::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['FFFF:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::', '::'],
    ['abcd:ef01::', 'abcd:ef01::'],
    ['1::1.2.3.4', '1::102:304'],
  ])('reads %s', (text, expected) => {
    expect(parseAddress(text)).toBe(expected);
  });

  it.each([
    '',
    'unknown',
    '_gazonk',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4, 5.6.7.8',
    '1.2.3.4%eth0',
    '::ffff:1.2.3',
    '1.2.3.4.5',
    '1..2.3',
    '.1.2.3',
    '1.2.3.',
    '1.2.3.256',
    '1.2.3.1000',
    '1.2.3.00',
    '1.2.3.a',
    '1.2.3.;',
    '1.2.3./',
    '0x7f.0.0.1',
    '2130706433',
    ':',
    ':::',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:g',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:6:7::1.2.3.4',
    ':::2',
    '::1::2',
    '1::2::3',
    '1g2:3:4:5:6:7:8',
    '12345::',
    '::@',
    '::g',
    'x'.repeat(10_000),
  ])('refuses %s', (text) => {
    expect(parseAddress(text)).toBeNull();
  });
});

describe('normalizeAddressList', () => {
  it('keeps the places of members that are no address', () => {
    expect(normalizeAddressList(' 203.0.113.77 ,unknown, [2001:db8::1]:80')).toEqual(['203.0.113.77', null, '2001:db8::1']);
  });
});

describe('maskAddress', () => {
  it('takes one address only', () => {
    expect(maskAddress('1.2.3.4, 5.6.7.8', { v4: 24, v6: 48 })).toBeNull();
  });
});
