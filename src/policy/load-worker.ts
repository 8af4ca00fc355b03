/** The thread that checks a policy folder. Answers with plain data: a compiled set cannot cross. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadPolicies } from './load.ts';
import type { PolicyProblem } from './problem.ts';
import type { ResolvedSet } from './resolved.ts';

export interface LoadRequest {
  readonly folder: string;
  readonly now: number;
}

export type CheckedAside =
  | { readonly ok: true; readonly resolved: ResolvedSet; readonly warnings: readonly PolicyProblem[] }
  | { readonly ok: false; readonly errors: readonly PolicyProblem[] };

const { folder, now } = workerData as LoadRequest;
const loaded = await loadPolicies(folder, { now });
const answer: CheckedAside = loaded.ok ? { ok: true, resolved: loaded.set.resolved, warnings: loaded.warnings } : loaded;
parentPort?.postMessage(answer);
