/** Flags, environment and file become one {@link Config}: checked, with absolute paths. Secrets are not in it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConfigInput, configSchema, type ParsedConfig } from './config-schema.ts';
import { checkSource } from './policy/check-file.ts';
import { FILE_START, formatProblem } from './policy/problem.ts';
import { parseSource } from './policy/source.ts';

/** The configuration that everything is built from. Paths are absolute, times in milliseconds, sizes in bytes. */
export interface Config extends ParsedConfig {
  readonly policies: string;
  /** Where it was read from, for messages. */
  readonly origin: string;
}

export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly port?: string | undefined;
  readonly upstream?: string | undefined;
  readonly policies?: string | undefined;
  readonly store?: string | undefined;
}

/** `problems` are lines for a person: `file:line:col: what is wrong, and what to write instead`. */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;
type Settings = Readonly<Record<string, unknown>>;

/** Flags beat variables beat the file beat the defaults. The default file may be missing; one that was named may not. */
export function loadConfig(flags: ConfigFlags, environment: Environment, cwd: string): LoadedConfig {
  const named = flags.config ?? environment.CONSENTRY_CONFIG;
  const file = resolve(cwd, named ?? 'consentry.yaml');
  if (!existsSync(file)) {
    if (named !== undefined)
      return { ok: false, problems: [`${file}: no such file; give the path of a configuration with --config`] };
    return parseConfig(merge({}, flags, environment, cwd), cwd, 'the defaults');
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { ok: false, problems: [`${file}: it cannot be read: ${(error as Error).message}`] };
  }
  // A file of comments alone is a file of defaults.
  if (text.split('\n').every((line) => /^\s*(#.*)?$/.test(line))) return parseConfig({}, dirname(file), file);
  const parsed = parseSource(file, text, 'upstream: http://127.0.0.1:9000');
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map(formatProblem) };
  const { source } = parsed;
  const merged = { ...source, value: merge(source.value as Settings, flags, environment, cwd) };
  const checked = checkSource(merged, configSchema);
  if (!checked.ok) return { ok: false, problems: checked.problems.map(formatProblem) };
  return { ok: true, config: resolvePaths(checked.value, dirname(file), file) };
}

/** For the middleware: the same keys as an object; relative paths are relative to `cwd`. */
export function resolveConfig(options: ConfigInput, cwd: string): LoadedConfig {
  return parseConfig(options, cwd, 'options');
}

/** What flags and variables say, over what the file says; their relative paths are relative to the working directory. */
function merge(file: Settings, flags: ConfigFlags, environment: Environment, cwd: string): Settings {
  const upstream = flags.upstream ?? environment.CONSENTRY_UPSTREAM;
  const policies = flags.policies ?? environment.CONSENTRY_POLICIES;
  const store = flags.store ?? environment.CONSENTRY_STORE;
  const port = flags.port ?? environment.CONSENTRY_PORT;
  const adminPort = environment.CONSENTRY_ADMIN_PORT;
  return {
    ...file,
    ...(upstream !== undefined && { upstream }),
    ...(policies !== undefined && { policies: resolve(cwd, policies) }),
    ...(store !== undefined && { store: absoluteStore(store, cwd) }),
    ...(port !== undefined && { listen: { ...(file.listen as object), port: toNumber(port) } }),
    ...(adminPort !== undefined && { admin: { ...(file.admin as object), port: toNumber(adminPort) } }),
  };
}

function toNumber(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function absoluteStore(url: string, base: string): string {
  return url.startsWith('lmdb:') ? `lmdb:${resolve(base, url.slice('lmdb:'.length))}` : url;
}

/** What has no file: a problem names the key. */
function parseConfig(value: unknown, base: string, origin: string): LoadedConfig {
  const at = (path: readonly PropertyKey[], message: string) => ({ file: path.join('.') || origin, ...FILE_START, message });
  const checked = checkSource(
    { file: origin, value, bareWords: [], problemAt: at, problemAtKey: (path, key, message) => at([...path, key], message) },
    configSchema,
  );
  if (!checked.ok) return { ok: false, problems: checked.problems.map(({ file, message }) => `${file}: ${message}`) };
  return { ok: true, config: resolvePaths(checked.value, base, origin) };
}

function resolvePaths(data: ParsedConfig, base: string, origin: string): Config {
  const absolute = (path: string | null): string | null => (path === null ? null : resolve(base, path));
  return {
    ...data,
    origin,
    policies: findPolicies(data.policies, base),
    'policies-next': absolute(data['policies-next']),
    store: absoluteStore(data.store, base),
    geo: { ...data.geo, database: absolute(data.geo.database) },
    tcf: { 'cmp-list': absolute(data.tcf['cmp-list']), gvl: absolute(data.tcf.gvl) },
    consent: { ...data.consent, anchor: { dir: absolute(data.consent.anchor.dir) } },
    evidence: { ...data.evidence, dir: resolve(base, data.evidence.dir) },
  };
}

/** The pack that comes with the program; its vendor profiles also stand in for a folder that has none. */
export const SHIPPED_POLICIES = fileURLToPath(new URL('../policies', import.meta.url));

/** The folder that was named, else `./policies`, else the shipped pack. */
function findPolicies(named: string | undefined, base: string): string {
  const folder = resolve(base, named ?? 'policies');
  return named !== undefined || existsSync(folder) ? folder : SHIPPED_POLICIES;
}
