/** Asks the IAB's GPP library in a child process. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('gpp-oracle.mjs', import.meta.url));

interface OracleRequest {
  readonly encode?: readonly (readonly { readonly section: string; readonly fields: Readonly<Record<string, unknown>> }[])[];
  readonly decode?: readonly string[];
  readonly time?: readonly string[];
}

export function askGppOracle(request: OracleRequest): unknown[] {
  const child = spawnSync(process.execPath, [SCRIPT], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (child.status !== 0) throw new Error(`the oracle ended with ${child.status ?? child.signal}: ${child.stderr.slice(-500)}`);
  return JSON.parse(child.stdout);
}
