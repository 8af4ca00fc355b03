/** What the consent and token commands share: configuration, keys and store, opened for one command and closed behind it. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { externalSubjects } from '../consent/external.ts';
import type { Keyring } from '../consent/keys.ts';
import { GatewayProblem } from '../gateway/problem.ts';
import { openRecords } from '../gateway/records.ts';
import { embeddedStoreFolder } from '../store/open.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';

export interface StoreFlags {
  readonly config?: string;
  readonly store?: string;
}

export interface OpenedRecords {
  readonly config: Config;
  readonly keyring: Keyring;
  readonly store: ConsentStore;
}

export function addStoreOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration (default ./consentry.yaml)')
    .option('--store <url>', 'lmdb:FOLDER, redis://…');
}

/** Runs with the store open; prints what is wrong and sets the exit code where it cannot be. */
export async function withRecords(flags: StoreFlags, run: (records: OpenedRecords) => Promise<void>): Promise<void> {
  const loaded = loadConfig(flags, process.env, process.cwd());
  if (!loaded.ok) return refuse(loaded.problems);
  const { config } = loaded;
  const folder = embeddedStoreFolder(config.store);
  if (config.store === 'memory:')
    return refuse(['a store in memory lives in the gateway alone; give --store lmdb:FOLDER or redis://…']);
  if (folder !== null && !existsSync(folder)) return refuse([`there is no store at ${folder}; give --store lmdb:FOLDER`]);
  try {
    const say = (message: string) => void process.stderr.write(`consentry: ${message}\n`);
    const { keyring, store } = await openRecords(config, { environment: process.env, say });
    try {
      await run({ config, keyring, store });
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof GatewayProblem) return refuse(error.problems);
    if (error instanceof StoreUnavailable) return refuse([`the store did not answer: ${error.message}`]);
    // What the system says of a file or folder that the call names.
    if (error instanceof Error && 'syscall' in error) return refuse([error.message]);
    throw error;
  }
}

/** The subject that an argument names: itself, or with `--external` the one of that id that the store knows. */
export async function findSubject(argument: string, isExternal: boolean, { keyring, store }: OpenedRecords): Promise<string> {
  if (!isExternal) return argument;
  const [first = '', ...older] = externalSubjects(argument, keyring);
  for (const subject of [first, ...older]) if ((await store.readChain(subject)) !== null) return subject;
  return first;
}

export function refuse(problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`consentry: ${problem}\n`);
  process.exitCode = 2;
}

/** Says that something checked does not hold: exit code 1. */
export function report(problem: string): void {
  process.stderr.write(`consentry: ${problem}\n`);
  process.exitCode = 1;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
