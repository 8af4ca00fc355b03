/** Loads policies in a thread of their own, so that no hit waits while files are parsed, checked and tested. */
import { Worker } from 'node:worker_threads';
import { compilePolicies } from './compile.ts';
import { type LoadedPolicies, type LoadOptions, loadPolicies } from './load.ts';
import type { CheckedAside, LoadRequest } from './load-worker.ts';
import { FILE_START } from './problem.ts';

/** As {@link loadPolicies}; only the tables, which are functions, are built here, from data that was checked there. */
export async function loadPoliciesAside(folder: string, options: LoadOptions = {}): Promise<LoadedPolicies> {
  // Run from source, as in tests, the thread could not read TypeScript on every Node that is supported.
  if (import.meta.url.endsWith('.ts')) return loadPolicies(folder, options);
  const now = options.now ?? Date.now();
  const checked = await askWorker({ folder, now });
  if (!checked.ok) return checked;
  return { ok: true, set: compilePolicies(checked.resolved, now), warnings: checked.warnings };
}

/** Of young objects: what the thread takes for half a second comes on top of what the process keeps, and more makes it no faster. */
const YOUNG_MIB = 6;

function askWorker(workerData: LoadRequest): Promise<CheckedAside> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./load-worker.js', import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const fail = (why: string) => {
      resolve({
        ok: false,
        errors: [{ file: '', ...FILE_START, message: `the policies could not be checked (${why}): reload again` }],
      });
    };
    worker.once('message', (checked: CheckedAside) => {
      resolve(checked);
      void worker.terminate();
    });
    worker.once('error', (error) => fail(error instanceof Error ? error.name : 'error'));
    worker.once('exit', (code) => fail(`thread ended with ${code}`));
  });
}
