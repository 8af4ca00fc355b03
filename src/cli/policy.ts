/** `consentry policy …`: the tools of the person who edits policy files. */
import type { Command } from 'commander';
import { registerPolicyCheck } from './policy-check.ts';
import { registerPolicyDiff } from './policy-diff.ts';
import { registerPolicyExplain } from './policy-explain.ts';
import { registerPolicyMatrix } from './policy-matrix.ts';
import { registerPolicyReplay } from './policy-replay.ts';
import { registerPolicyShadow } from './policy-shadow.ts';
import { registerPolicyTest } from './policy-test.ts';
import { registerPolicyVerify } from './policy-verify.ts';

export function registerPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('check, test, explain and compare policy files');
  registerPolicyCheck(policy);
  registerPolicyTest(policy);
  registerPolicyExplain(policy);
  registerPolicyMatrix(policy);
  registerPolicyDiff(policy);
  registerPolicyVerify(policy);
  registerPolicyShadow(policy);
  registerPolicyReplay(policy);
}
