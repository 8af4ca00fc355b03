/**
 * Five advisories of oauth2-proxy, each a way around the guard: GHSA-7x63 (X-Forwarded-Uri names another path), GHSA-5hvv (the user agent
 * of a health check), GHSA-pxq7 (a fragment in the target), GHSA-7rh7 (a query that looks like an allowed path), GHSA-vjrc (a header with an
 * underscore that becomes the one with a hyphen behind the proxy).
 */
import { describe, expect, it } from 'vitest';
import { DENIED, useTarget } from '../../support/attack.ts';

const target = useTarget({
  routes: [
    { path: '/collect', purposes: ['analytics'] },
    { path: '/sdk.js', pass: true },
  ],
});
const get = (path: string, lines = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${DENIED}${lines}Connection: close\r\n\r\n`;

describe('a hit that is denied stays denied', () => {
  it.each([
    ['X-Forwarded-Uri: /sdk.js'],
    ['X-Original-URL: /sdk.js'],
    ['X-Rewrite-URL: /sdk.js'],
    ['X-Forwarded-Path: /sdk.js'],
    ['X-HTTP-Method-Override: OPTIONS'],
    ['User-Agent: kube-probe/1.30'],
    ['User-Agent: GoogleHC/1.0'],
    ['User-Agent: ELB-HealthChecker/2.0'],
    ['X-Forwarded-Host: other.example'],
    ['X-Forwarded-Proto: https'],
  ])('with %s', async (line) => {
    await target.attack(get('/collect', `${line}\r\n`));
    expect(target.arrived()).toEqual([]);
  });

  it.each([
    '/collect#/sdk.js',
    '/sdk.js#/../collect',
    '/collect?/sdk.js',
    '/collect?path=/sdk.js',
    '/collect;/sdk.js',
    '/sdk.js/../collect',
  ])('as %s', async (path) => {
    await target.attack(get(path));
    expect(target.arrived()).toEqual([]);
  });

  it.each(['Sec_GPC: 0', 'X_Forwarded_For: 1.2.3.4', 'x_test_country: US', 'Cookie_: a=b'])(
    'with %s, which is refused',
    async (line) => {
      expect(await target.attack(get('/collect', `${line}\r\n`))).toEqual([400]);
      expect(target.arrived()).toEqual([]);
    },
  );
});
