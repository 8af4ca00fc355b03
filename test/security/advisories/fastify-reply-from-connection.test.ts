/**
 * @fastify/reply-from: header fields that the client's Connection names were removed after the proxy had added its own, so that
 * `Connection: x-forwarded-for` took away what the collector relies on.
 */
import { expect, it } from 'vitest';
import { FORWARDED, useTarget } from '../../support/attack.ts';

const target = useTarget();

it('Connection takes away what the client sent, and nothing that the gateway adds', async () => {
  await target.attack(
    `GET /collect HTTP/1.1\r\nHost: x\r\n${FORWARDED}X-Own: 1\r\nSec-GPC: 0\r\nConnection: close, X-Own, X-Forwarded-For, Consentry-Decision, Host, Cookie\r\n\r\n`,
  );
  const [hit] = target.arrived();
  expect(hit?.headers['x-forwarded-for']).toBe('127.0.0.1');
  expect(hit?.headers['consentry-decision']).toMatch(/^forward;/);
  expect(hit?.headers.host).toBe('x');
  expect(hit?.headers['x-own']).toBeUndefined();
});

it('not even Connection takes Sec-GPC away', async () => {
  await target.attack(`GET /collect HTTP/1.1\r\nHost: x\r\n${FORWARDED}Sec-GPC: 1\r\nConnection: close, Sec-GPC\r\n\r\n`);
  for (const { headers } of target.arrived()) expect(headers['sec-gpc']).toBe('1');
});
