import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { findFreePort } from '../../../src/demo/free-port.ts';

it('takes the next port where the wished one is taken', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as { port: number };
  const found = await findFreePort(port);
  expect(found).not.toBe(port);
  await new Promise<void>((resolve) => holder.close(() => resolve()));
  expect(await findFreePort(port)).toBe(port);
});
