/**
 * Loaded into the program by the long run: SIGUSR2 collects garbage and says on standard error what is left, so that what is
 * measured is what is kept.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
process.on('SIGUSR2', () => {
  // What a finalizer of the first one lets go of goes with the second, which also gives free pages back to the system.
  collect();
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const { heapUsed, external } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  process.stderr.write(`${JSON.stringify({ msg: 'collected', heapBytes: heapUsed + external, timers })}\n`);
});
