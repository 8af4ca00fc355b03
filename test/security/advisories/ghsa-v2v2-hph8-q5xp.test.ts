/**
 * GHSA-v2v2-hph8-q5xp (@fastify/reply-from): a content type that the proxy and the collector read differently gets a body past the
 * proxy's checks. Consent that stands in a body counts, and a body that must be changed and cannot be understood goes nowhere.
 */
import { expect, it } from 'vitest';
import { DENIED, useTarget } from '../../support/attack.ts';

const target = useTarget();
const BODY = '{"email":"anna@example.org"}';

it.each([
  'application/json',
  'application/json ; a=b',
  'application/json\t',
  'text/plain',
  'APPLICATION/JSON',
  'application/x',
  '',
])('content type %j lets no identifier through', async (type) => {
  await target.attack(
    `POST /collect HTTP/1.1\r\nHost: x\r\n${DENIED}Connection: close\r\nContent-Type: ${type}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  );
  for (const { body } of target.arrived()) expect(body.toString()).not.toContain('anna');
});

it('two content types are refused', async () => {
  const bytes = `POST /collect HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
  expect(await target.attack(bytes)).toEqual([400]);
});
