import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { part } from './parts.mjs';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  // Each change is tested in a process of its own: files that share their modules take two thirds of the time.
  test: { include: part.tests, testTimeout: 20_000, isolate: false },
});
