/** `consentry policy shadow`: how the set of `policies-next` judges live hits otherwise, from the metrics of a running gateway. */
import type { Command } from 'commander';
import { readShadowMetrics } from '../policy/shadow-metrics.ts';
import { writeLine } from './policy-options.ts';

const DEFAULT_ADMIN = 'http://127.0.0.1:8081';

export function registerPolicyShadow(policy: Command): void {
  policy
    .command('shadow')
    .description(
      'list what the next policies would do otherwise to live hits; exit code 0 where nothing, 1 where something, 2 where nothing is known',
    )
    .option('--admin <url>', 'admin listener of the gateway', DEFAULT_ADMIN)
    .option('--token <jwt>', 'admin token, where the metrics are not open; default CONSENTRY_ADMIN_TOKEN')
    .option('--json', 'print JSON')
    .action(async (flags: { admin: string; token?: string; json?: true }, command: Command) => {
      const token = flags.token ?? process.env.CONSENTRY_ADMIN_TOKEN;
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const text = await fetch(new URL('/metrics', flags.admin), { headers })
        .then((answer) => (answer.ok ? answer.text() : null))
        .catch(() => null);
      if (text === null)
        command.error('error: the admin listener gives no metrics: name it with --admin, and a token with --token', {
          exitCode: 2,
        });
      const shadow = readShadowMetrics(text);
      if (shadow.judged === 0)
        command.error('error: no hit was judged in the shadow: set policies-next in the configuration, and wait for hits', {
          exitCode: 2,
        });
      process.exitCode = shadow.differences.length === 0 ? 0 : 1;
      if (flags.json) return writeLine(JSON.stringify(shadow));
      const lines = shadow.differences.map(
        ({ cell, policy, from, to, count }) => `${String(count).padStart(9)}  ${policy} ${cell}: ${from} → ${to}`,
      );
      writeLine([`${shadow.judged} hits judged in the shadow`, ...lines].join('\n'));
    });
}
