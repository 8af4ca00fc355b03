/** All commands, with their help, examples and colours. */
import { Command } from 'commander';
import { registerCompletionCommand } from './completion.ts';
import { registerConsentCommands } from './consent.ts';
import { registerDemoCommand } from './demo.ts';
import { registerDoctorCommand } from './doctor.ts';
import { registerEvidenceCommands } from './evidence.ts';
import { addExamples } from './examples.ts';
import { registerMaskIpCommand } from './mask-ip.ts';
import { registerPolicyCommands } from './policy.ts';
import { registerServeCommand } from './serve.ts';
import { registerSignalCommand } from './signal.ts';
import { styleHelp } from './style.ts';
import { registerTokenCommand } from './token.ts';

export function createProgram(): Command {
  const program = new Command('consentry')
    .description('Consent-aware privacy gateway for tracking pixels: forwards, anonymizes or drops every hit, and says why.')
    .exitOverride()
    .showHelpAfterError('(consentry COMMAND --help shows what a command takes)');

  styleHelp(program);
  registerServeCommand(program);
  registerDemoCommand(program);
  registerDoctorCommand(program);
  registerPolicyCommands(program);
  registerSignalCommand(program);
  registerMaskIpCommand(program);
  registerConsentCommands(program);
  registerTokenCommand(program);
  registerEvidenceCommands(program);
  registerCompletionCommand(program);
  addExamples(program);
  return program;
}
