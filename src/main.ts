#!/usr/bin/env node
/** The command line. Errors on standard error, results on standard output; 0 done, 1 the thing checked does not hold, 2 the call is wrong. */
import { CommanderError } from 'commander';
import { createProgram } from './cli/program.ts';

// Whoever reads has read enough, as with `| head`: nobody is left to tell.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
