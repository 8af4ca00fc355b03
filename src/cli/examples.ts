/** Examples at the end of the help of commands that do not bring their own. */
import type { Command } from 'commander';

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'policy check': ['consentry policy check', 'consentry policy check ./policies'],
  'policy test': ['consentry policy test ./policies --coverage', 'consentry policy test --json'],
  'policy explain': [
    'consentry policy explain --country US --region CA --gpc',
    'consentry policy explain --country DE --record analytics=granted --json',
  ],
  'policy matrix': ['consentry policy matrix ./policies'],
  'policy diff': ['consentry policy diff ./policies ./policies-next'],
  'policy verify': ['consentry policy verify ./policies'],
  'policy shadow': ['consentry policy shadow'],
  'policy replay': ['consentry policy replay --decisions ./data/evidence ./policies ./policies-next'],
  'signal decode': ['consentry signal decode usp 1YNN', 'consentry signal decode gcd 13l3l3l2l5l1 --json'],
  'mask-ip': ['consentry mask-ip 203.0.113.77', 'consentry mask-ip 2001:db8:1:2::3 --v6 32'],
  'consent show': ['consentry consent show SUBJECT'],
  'consent export': ['consentry consent export SUBJECT > proof.json'],
  'consent verify': ['consentry consent verify SUBJECT', 'consentry consent verify proof.json'],
  'consent erase': ['consentry consent erase SUBJECT'],
  'consent anchor': ['consentry consent anchor > anchor.json'],
  'consent retire': ['consentry consent retire --help'],
};

/** @param program with all its commands. */
export function addExamples(program: Command, path = ''): void {
  for (const command of program.commands) {
    const name = `${path} ${command.name()}`.trim();
    const examples = EXAMPLES[name];
    if (examples !== undefined) {
      const title = examples.length === 1 ? 'Example' : 'Examples';
      command.addHelpText('after', ['', `${title}:`, ...examples.map((line) => `  ${line}`)].join('\n'));
    }
    addExamples(command, name);
  }
}
