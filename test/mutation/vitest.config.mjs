import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { part } from './parts.mjs';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { include: part.tests, testTimeout: 20_000 },
});
