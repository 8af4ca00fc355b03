/** Where the keyring comes from: the environment, a file that it names, or a file generated into the embedded store's folder. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyring, type Keyring, parseKeys } from './keys.ts';

export interface KeySource {
  /** Value of `CONSENTRY_KEYS`. */
  readonly keys: string | undefined;
  /** Value of `CONSENTRY_KEYS_FILE`. */
  readonly keysFile: string | undefined;
  /** Folder of the embedded store, where a key may be generated; null with a store that other machines share. */
  readonly generateIn: string | null;
  /** Whether a key may be drawn that ends with the process, as its records do. */
  readonly isTransient?: boolean;
  /** Hears once what a person should know, in a sentence without any key. */
  readonly say: (message: string) => void;
}

export type LoadedKeyring = { readonly ok: true; readonly keyring: Keyring } | { readonly ok: false; readonly problem: string };

const GENERATED_NAME = 'consentry.keys';

export function loadKeyring(source: KeySource): LoadedKeyring {
  if (source.keys !== undefined && source.keys.trim() !== '') return build(source.keys, 'CONSENTRY_KEYS');
  if (source.keysFile !== undefined && source.keysFile !== '') return readKeyFile(source.keysFile, source.say);
  if (source.isTransient === true) return { ok: true, keyring: createKeyring([{ kid: 'memory', bytes: randomBytes(32) }]) };
  if (source.generateIn === null) {
    return {
      ok: false,
      problem:
        'no keys: with this store they have to be given. Set CONSENTRY_KEYS to kid:base64url of 32 random bytes, or CONSENTRY_KEYS_FILE to a file that holds it',
    };
  }
  const path = join(source.generateIn, GENERATED_NAME);
  if (!existsSync(path)) generate(source.generateIn, path, source.say);
  return readKeyFile(path, source.say);
}

function build(text: string, origin: string): LoadedKeyring {
  const parsed = parseKeys(text);
  if (!parsed.ok) return { ok: false, problem: parsed.problem.replaceAll('CONSENTRY_KEYS', origin) };
  return { ok: true, keyring: createKeyring(parsed.keys) };
}

function readKeyFile(path: string, say: (message: string) => void): LoadedKeyring {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) say(`the key file ${path} can be read by other users: chmod 600 ${path}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return {
      ok: false,
      problem: `cannot read the key file ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}; it has to be there, and belong to the user of the gateway`,
    };
  }
  return build(text, path);
}

/** Several processes may start at once: the file appears whole by its link, and whoever comes second reads the first one's. */
function generate(folder: string, path: string, say: (message: string) => void): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `k1:${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  chmodSync(draft, 0o600);
  try {
    linkSync(draft, path);
    say(`generated a key into ${path}; keep it with your backups: without it every consent cookie reads as a no`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}
