/**
 * GHSA-ggv3-7p47-pfv8 (http-proxy family): a chunked body on a method that the proxy sends on without one (OPTIONS, DELETE) is left on
 * the reused connection to the collector, where it is read as the next request; `Connection: upgrade` got around the repair.
 */
import { describe, expect, it } from 'vitest';
import { FORWARDED, useTarget } from '../../support/attack.ts';

const target = useTarget();
const INNER = `GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`;
const CHUNKED = `Transfer-Encoding: chunked\r\n\r\n${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`;

describe('a chunked body where none is sent on', () => {
  it.each(['OPTIONS', 'DELETE', 'GET', 'HEAD', 'POST'])('%s leaves nothing behind for the next hit', async (method) => {
    for (const extra of ['', 'Connection: upgrade\r\n', 'Connection: transfer-encoding\r\n']) {
      await target.attack(`${method} /collect HTTP/1.1\r\nHost: x\r\n${FORWARDED}${extra}${CHUNKED}`);
      await target.attack(`GET /collect?next HTTP/1.1\r\nHost: x\r\n${FORWARDED}Connection: close\r\n\r\n`);
    }
    expect(target.arrived().map(({ target: path }) => path)).not.toContain('/smuggled');
    expect(target.arrived().filter(({ target: path }) => path === '/collect?next')).toHaveLength(3);
  });
});
