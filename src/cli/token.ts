import { type Command, Option } from 'commander';
import { loadConfig } from '../config.ts';
import { BEARER_SCOPES, type BearerScope, createBearerTokens, MAX_BEARER_MS } from '../consent/bearer.ts';
import { loadKeyring } from '../consent/key-file.ts';
import { embeddedStoreFolder } from '../store/open.ts';
import { addStoreOptions, print, refuse, type StoreFlags } from './consent-store.ts';
import { parseDurationOption } from './duration.ts';

interface MintFlags extends StoreFlags {
  readonly scope: BearerScope;
  readonly ttl: number;
  readonly json?: true;
}

export function registerTokenCommand(program: Command): void {
  const token = program.command('token').description('tokens for the admin API and for server-to-server calls');
  addStoreOptions(token.command('mint').description('signs a Bearer token, on standard output'))
    .addOption(new Option('--scope <scope>', 'what it opens').choices([...BEARER_SCOPES]).makeOptionMandatory())
    .option('--ttl <duration>', 'how long it lives, at most 90d', parseDurationOption, 3_600_000)
    .option('--json', 'print JSON: {"token": …, "scope": …, "expires": …}')
    .addHelpText(
      'after',
      '\nExample:\n  curl -H "Authorization: Bearer $(consentry token mint --scope admin)" http://127.0.0.1:8081/admin/policies',
    )
    .action((flags: MintFlags) => {
      const loaded = loadConfig(flags, process.env, process.cwd());
      if (!loaded.ok) return refuse(loaded.problems);
      const { config } = loaded;
      if (flags.ttl < 1000 || flags.ttl > MAX_BEARER_MS) return refuse(['a token lives between 1s and 90d']);
      const keys = loadKeyring({
        keys: process.env.CONSENTRY_KEYS,
        keysFile: process.env.CONSENTRY_KEYS_FILE,
        generateIn: embeddedStoreFolder(config.store),
        say: (message) => void process.stderr.write(`consentry: ${message}\n`),
      });
      if (!keys.ok) return refuse([keys.problem]);
      const { scope, ttl } = flags;
      const now = Date.now();
      const minted = createBearerTokens(keys.keyring, config.site).mint(scope, ttl, now);
      print(flags.json ? JSON.stringify({ token: minted, scope, expires: new Date(now + ttl).toISOString() }) : minted);
    });
}
