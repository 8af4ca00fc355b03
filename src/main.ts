#!/usr/bin/env node
/** The command line. Errors on standard error, results on standard output; 0 done, 1 the thing checked does not hold, 2 the call is wrong. */
import { Command, CommanderError } from 'commander';
import { registerConsentCommands } from './cli/consent.ts';
import { registerDemoCommand } from './cli/demo.ts';
import { registerDoctorCommand } from './cli/doctor.ts';
import { registerEvidenceCommands } from './cli/evidence.ts';
import { registerMaskIpCommand } from './cli/mask-ip.ts';
import { registerPolicyCommands } from './cli/policy.ts';
import { registerServeCommand } from './cli/serve.ts';
import { registerSignalCommand } from './cli/signal.ts';
import { registerTokenCommand } from './cli/token.ts';

const program = new Command('consentry')
  .description('Consent-aware privacy gateway for tracking pixels: forwards, anonymizes or drops every hit, and says why.')
  .exitOverride()
  .showHelpAfterError('(consentry COMMAND --help shows what a command takes)');

registerServeCommand(program);
registerDemoCommand(program);
registerDoctorCommand(program);
registerPolicyCommands(program);
registerSignalCommand(program);
registerMaskIpCommand(program);
registerConsentCommands(program);
registerTokenCommand(program);
registerEvidenceCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
