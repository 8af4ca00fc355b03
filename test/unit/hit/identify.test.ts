import { describe, expect, it } from 'vitest';
import { ClientIdentifier, isPrivateAddress } from '../../../src/hit/identify.ts';
import { received } from '../../support/hits.ts';

const walk = (proxies: string[], peer: string, forwardedFor: string | null): unknown =>
  new ClientIdentifier({ proxies, forwarded: 'x-forwarded-for' }).identify(
    received({ peer, headers: forwardedFor === null ? [] : [['X-Forwarded-For', forwardedFor]] }),
  ).address;

describe('ClientIdentifier', () => {
  it.each([
    ['trusts nobody by default', [], '192.0.2.1', '6.6.6.6', '192.0.2.1'],
    ['ignores the header of a stranger', ['10.0.0.0/8'], '192.0.2.1', '6.6.6.6', '192.0.2.1'],
    ['takes the right-most address that no proxy has', ['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['walks over several proxies', ['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['takes the outermost where all are proxies', ['10.0.0.0/8'], '10.0.0.1', '10.2.2.2, 10.1.2.3', '10.2.2.2'],
    ['knows nobody behind a hop that is no address', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, unknown', null],
    ['takes the peer where the header is missing', ['10.0.0.0/8'], '10.0.0.1', null, '10.0.0.1'],
    ['reads a mapped peer', ['10.0.0.0/8'], '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['reads ports and brackets', ['::1/128'], '::1', '[2001:db8::7]:443', '2001:db8::7'],
    ['reads a port behind IPv4', ['::1'], '::1', '203.0.113.9:4711', '203.0.113.9'],
    ['drops a zone id', ['fe80::/10'], 'fe80::1%eth0', '2001:db8::7', '2001:db8::7'],
  ] as const)('%s', (_title, proxies, peer, header, expected) => {
    expect(walk([...proxies], peer, header)).toBe(expected);
  });

  it('reads Forwarded instead, where it is configured', () => {
    const identifier = new ClientIdentifier({ proxies: ['10.0.0.0/8'], forwarded: 'forwarded' });
    const headers = [
      ['X-Forwarded-For', '6.6.6.6'],
      ['Forwarded', 'for=7.7.7.7;proto=https, For="[2001:db8::7]:80";by=10.0.0.1'],
    ] as const;
    expect(identifier.identify(received({ peer: '10.0.0.1', headers })).address).toBe('2001:db8::7');
  });

  it('does not walk a chain of thousands', () => {
    expect(walk(['10.0.0.0/8'], '10.0.0.1', Array(2000).fill('10.0.0.2').join(','))).toBeNull();
  });
});

describe('isPrivateAddress', () => {
  it.each([
    ['10.1.1.1', true],
    ['127.0.0.1', true],
    ['fd00::1', true],
    ['203.0.113.9', false],
    ['2001:4860::1', false],
  ] as const)('%s: %s', (address, expected) => {
    expect(isPrivateAddress(address)).toBe(expected);
  });
});
