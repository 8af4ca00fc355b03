/**
 * Node's advisory of January 2026: deep recursion under async_hooks ends the process with an error that nobody can catch. What a visitor
 * nests goes no deeper here than we say, wherever it stands.
 */
import { expect, it } from 'vitest';
import { DENIED, useTarget } from '../../support/attack.ts';

const target = useTarget({ limits: { header: '64KiB' } });
const deep = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

it.each([
  ['arrays', deep(60_000, '[', ']')],
  ['objects', `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`],
  ['arrays without end', '['.repeat(200_000)],
])('%s in the body of a hit and of a decision', async (_what, body) => {
  for (const path of ['/collect', '/consent']) {
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${DENIED}Connection: close\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n`;
    const [status] = await target.attack(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    expect(status).toBeOneOf(path === '/consent' ? [400, 413, 422] : [200, 204]);
  }
  expect(target.arrived()).toEqual([]);
});

it.each([
  ['JSON in a query field', `x=${'%5B'.repeat(8_000)}`],
  ['URLs in URLs', `dl=${'https%3A%2F%2Fa.example%2F%3Fu%3D'.repeat(800)}`],
  ['percent signs of percent signs', `x=%${'25'.repeat(8_000)}41`],
])('%s', async (_what, query) => {
  const [status] = await target.attack(`GET /collect?${query} HTTP/1.1\r\nHost: x\r\n${DENIED}Connection: close\r\n\r\n`);
  expect(status).toBeOneOf([200, 204, 400, 414, 431]);
  expect(target.arrived()).toEqual([]);
});
