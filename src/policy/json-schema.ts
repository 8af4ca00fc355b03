/** The form of policy files as JSON Schema, for editors: `policies/policy.schema.json` is this, written down. */
import { z } from 'zod';
import { RuleFile } from './schema.ts';
import { TestFile } from './schema-tests.ts';

export function buildPolicyJsonSchema(): object {
  return z.toJSONSchema(
    z
      .union([RuleFile, TestFile])
      .meta({ title: 'Consentry policy file', description: 'A rule set for some places, or tests over the whole set' }),
    { target: 'draft-7', io: 'input', reused: 'inline' },
  );
}
