/** Flags, environment and file become one {@link Config}: checked, with absolute paths. Secrets are not in it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type ConfigInput, configSchema, type ParsedConfig } from './config-schema.ts';
import { findNearest } from './policy/suggest.ts';

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
/** Place of a key of the file: `file:line:col`. */
type Locate = (path: readonly PropertyKey[], key?: string) => string;

/** Flags beat variables beat the file beat the defaults. The default file may be missing; one that was named may not. */
export function loadConfig(flags: ConfigFlags, environment: Environment, cwd: string): LoadedConfig {
  const named = flags.config ?? environment.CONSENTRY_CONFIG;
  const file = resolve(cwd, named ?? 'consentry.yaml');
  if (!existsSync(file)) {
    if (named !== undefined)
      return { ok: false, problems: [`${file}: no such file; give the path of a configuration with --config`] };
    return parseConfig(merge({}, flags, environment, cwd), cwd, 'the defaults', nameKey);
  }
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    return { ok: false, problems: document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split(' at line')[0]}`) };
  }
  const locate: Locate = (path, key) => {
    const node = document.getIn(path as string[], true);
    if (key !== undefined && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (isScalar(pair?.key) && pair.key.range) return at(pair.key.range[0]);
    }
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    return range ? at(range[0]) : file;
  };
  const value: unknown = document.toJS() ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, problems: [`${file}:1:1: a configuration is a map of keys, like "upstream: http://127.0.0.1:9000"`] };
  }
  return parseConfig(merge(value as Settings, flags, environment, cwd), dirname(file), file, locate);
}

/** For the middleware: the same keys as an object; relative paths are relative to `cwd`. */
export function resolveConfig(options: ConfigInput, cwd: string): LoadedConfig {
  return parseConfig(options, cwd, 'options', nameKey);
}

function nameKey(path: readonly PropertyKey[], key?: string): string {
  return [...path, ...(key === undefined ? [] : [key])].join('.') || 'options';
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

function parseConfig(input: unknown, base: string, origin: string, locate: Locate): LoadedConfig {
  const result = configSchema.safeParse(input);
  if (!result.success) return { ok: false, problems: result.error.issues.flatMap((issue) => describeIssue(issue, locate)) };
  const { data } = result;
  const absolute = (path: string | null): string | null => (path === null ? null : resolve(base, path));
  const config: Config = {
    ...data,
    origin,
    policies: findPolicies(data.policies, base),
    'policies-next': absolute(data['policies-next']),
    store: absoluteStore(data.store, base),
    geo: { ...data.geo, database: absolute(data.geo.database) },
    tcf: { 'cmp-list': absolute(data.tcf['cmp-list']), gvl: absolute(data.tcf.gvl) },
    evidence: { ...data.evidence, dir: resolve(base, data.evidence.dir) },
  };
  return { ok: true, config };
}

/** The pack that comes with the program; its vendor profiles also stand in for a folder that has none. */
export const SHIPPED_POLICIES = fileURLToPath(new URL('../policies', import.meta.url));

/** The folder that was named, else `./policies`, else the shipped pack. */
function findPolicies(named: string | undefined, base: string): string {
  const folder = resolve(base, named ?? 'policies');
  return named !== undefined || existsSync(folder) ? folder : SHIPPED_POLICIES;
}

function describeIssue(issue: z.core.$ZodIssue, locate: Locate): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const nearest = findNearest(key, knownKeys(issue.path));
      const name = [...issue.path, key].join('.');
      return `${locate(issue.path, key)}: unknown key "${name}"${nearest === null ? '' : `; did you mean "${nearest}"?`}`;
    });
  }
  if (issue.code === 'invalid_union') {
    return [
      `${locate(issue.path)}: "${issue.path.join('.')}" has none of the forms that it may have; see the configuration in the README`,
    ];
  }
  return [`${locate(issue.path)}: "${issue.path.join('.')}": ${issue.message}`];
}

/** Keys that the schema knows at a path, read out of the schema itself. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const key of path) schema = step(unwrap(schema), key);
  const { shape } = unwrap(schema) as { shape?: object };
  return Object.keys(shape ?? {});
}

function step(schema: unknown, key: PropertyKey): unknown {
  if (typeof key === 'number') return (schema as { element?: unknown }).element;
  return (schema as { shape?: Record<PropertyKey, unknown> }).shape?.[key];
}

/** Through defaults, nullables and the like to the schema inside. */
function unwrap(schema: unknown): object {
  let inner = schema as { def?: { innerType?: unknown } } | undefined;
  while (inner?.def?.innerType !== undefined) inner = inner.def.innerType as typeof inner;
  return inner ?? {};
}
