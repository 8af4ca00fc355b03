import type { Command } from 'commander';
import { type ConfigFlags, loadConfig } from '../config.ts';
import { CHECKS, type Finding } from './doctor-checks.ts';
import { paint } from './style.ts';

/** `consentry doctor`: what is set up wrongly, and the line that mends it. Exit 0 healthy (warnings may remain), 1 with errors. */
export function registerDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('find what is set up wrongly, and the line that mends it')
    .option('--config <file>', 'configuration (default ./consentry.yaml)')
    .option('--json', 'print findings as JSON')
    .addHelpText('after', '\nExample:\n  consentry doctor --config /etc/consentry/consentry.yaml')
    .action(async (flags: ConfigFlags & { json?: boolean }) => {
      const findings = await examine(flags);
      process.stdout.write(flags.json ? `${JSON.stringify(findings)}\n` : describe(findings));
      process.exitCode = findings.some(({ level }) => level === 'error') ? 1 : 0;
    });
}

async function examine(flags: ConfigFlags): Promise<Finding[]> {
  const loaded = loadConfig(flags, process.env, process.cwd());
  if (!loaded.ok) return loaded.problems.map((message) => ({ level: 'error', about: 'configuration', message }));
  const patient = { config: loaded.config, environment: process.env, now: Date.now() };
  return (await Promise.all(CHECKS.map((check) => check(patient)))).flat();
}

function describe(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing found: configuration, policies, keys, store, places, collector\n';
  return findings
    .map(
      ({ level, about, message }) =>
        `${level === 'error' ? paint('red', 'error  ') : paint('yellow', 'warning')} ${about}: ${message}\n`,
    )
    .join('');
}
