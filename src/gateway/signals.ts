/** What the signal readers know of the site: its names of purposes, and the IAB's lists where the operator gives them. */
import { readFileSync } from 'node:fs';
import type { Config } from '../config.ts';
import { compileSignalOptions, type SignalOptions } from '../signals/signal-options.ts';
import { GatewayProblem } from './problem.ts';

/** @throws GatewayProblem where a list cannot be read or is none. */
export function openSignalOptions(config: Config): SignalOptions {
  const { 'cmp-list': cmpList, gvl } = config.tcf;
  const compiled = compileSignalOptions({
    categories: config.consent.categories,
    ...(cmpList !== null && { cmpList: readJson('tcf.cmp-list', cmpList) }),
    ...(gvl !== null && { gvl: readJson('tcf.gvl', gvl) }),
  });
  if (!compiled.ok) throw new GatewayProblem([`${config.origin}: ${compiled.problem}`]);
  return compiled.options;
}

function readJson(key: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why =
      error instanceof SyntaxError
        ? 'is no JSON'
        : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
    throw new GatewayProblem([`${key}: ${path} ${why}; give the path of the IAB's JSON file, or leave the key out`]);
  }
}
