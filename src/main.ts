#!/usr/bin/env node
/** The command line. Errors on standard error, results on standard output; 0 done, 1 the thing checked does not hold, 2 the call is wrong. */
import { setFlagsFromString } from 'node:v8';

/**
 * In percent: V8 would let a heap as small as ours grow to several times what is kept of it before it collects the old part. Before anything
 * else is loaded, since each collection decides when the next one is due.
 */
const HEAP_GROWTH = 40;
setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);

const { CommanderError } = await import('commander');
const { createProgram } = await import('./cli/program.ts');

// Whoever reads has read enough, as with `| head`: nobody is left to tell. The rest of the work is done all the same, since to break
// off in the middle of a write to the embedded store may never come to an end. A full disk is told where it can be.
process.stderr.on('error', () => undefined);
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return;
  process.stderr.write(`consentry: standard output cannot be written: ${code}\n`);
  process.exitCode = 1;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
