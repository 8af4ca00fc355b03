import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../../src/privacy/ip.ts';
import { compileRange, isInRange } from '../../../src/privacy/ip-range.ts';
import type { Groups } from '../../../src/privacy/ip-text.ts';

const isIn = (address: string, cidr: string): boolean => isInRange(readAddress(address) as Groups, compileRange(cidr));

describe('isInRange', () => {
  it.each([
    ['10.255.255.255', '10.0.0.0/8', true],
    ['11.0.0.0', '10.0.0.0/8', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.6', '192.0.2.7', false],
    ['203.0.113.9', '0.0.0.0/0', true],
    ['::1', '0.0.0.0/0', false],
    ['::ffff:10.0.0.1', '10.0.0.0/8', true],
    ['fd12::7', 'fd00::/8', true],
    ['fe80::1', 'fd00::/8', false],
    ['2001:db8:0:8000::1', '2001:db8::/48', true],
    ['2001:db8:0:8000::1', '2001:db8::/49', false],
  ])('%s in %s: %s', (address, cidr, expected) => {
    const [range, bits] = ipaddr.parseCIDR(cidr.includes('/') ? cidr : `${cidr}/32`);
    const parsed = ipaddr.process(address);
    const oracle = parsed.kind() === range.kind() && parsed.match(range as ipaddr.IPv4, bits);
    expect(isIn(address, cidr)).toBe(oracle);
    expect(oracle).toBe(expected);
  });

  it('agrees with ipaddr.js on random addresses', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, begin, bits) => {
        expect(isIn(address, `${begin}/${bits}`)).toBe(ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(begin), bits));
      }),
      { seed: 7, numRuns: 300 },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 128 }),
        fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 0, max: 127 }),
        (bits, groups, flip) => {
          const begin = groups.map((group) => group.toString(16)).join(':');
          const other = [...groups];
          other[flip >> 4] = (other[flip >> 4] as number) ^ (0x8000 >> (flip & 15));
          const address = other.map((group) => group.toString(16)).join(':');
          fc.pre(readAddress(address)?.length === 8);
          expect(isIn(address, `${begin}/${bits}`)).toBe(flip >= bits);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it('takes nothing that is no range', () => {
    for (const text of ['10.0.0.0/33', 'localhost', '', '10.0.0/8x']) expect(() => compileRange(text)).toThrow();
  });
});
