/** `consentry policy explain`: which file, which signal, which cell, and why. */
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { isPurpose, type Purpose } from '../consent/state.ts';
import { checkValue } from '../policy/check-file.ts';
import type { CompiledPolicySet } from '../policy/compile.ts';
import { explainSituation, printExplanation } from '../policy/explain.ts';
import { readGiven } from '../policy/given.ts';
import { Given } from '../policy/schema-tests.ts';
import { defaultFolder, loadOrReport, parseDayOption, parseWholeNumber, writeLine } from './policy-options.ts';

interface ExplainFlags {
  readonly policies?: string;
  readonly country?: string;
  readonly region?: string;
  readonly purpose?: Purpose;
  readonly gpc?: true;
  readonly dnt?: true;
  readonly usPrivacy?: string;
  readonly gpp?: string;
  readonly tcf?: string;
  readonly tcfVendor?: number;
  readonly record?: string;
  readonly recordAge?: string;
  readonly label?: string;
  readonly age?: number;
  readonly sensitive?: true;
  readonly at?: number;
  readonly json?: true;
  readonly batch?: true;
}

export function registerPolicyExplain(policy: Command): void {
  policy
    .command('explain')
    .description('say which file answers, which signal counts and which cell of the table decides')
    .option('--policies <dir>', 'folder of policies; default CONSENTRY_POLICIES, else ./policies, else the shipped pack')
    .option('--country <code>', 'ISO 3166-1 code; none: place unknown', parseCountry)
    .option('--region <code>', 'ISO 3166-2 code, with or without the country')
    .option('--purpose <purpose>', 'only this purpose', parsePurpose)
    .option('--gpc', 'the hit carries Sec-GPC: 1')
    .option('--dnt', 'the hit carries DNT: 1')
    .option('--us-privacy <string>', 'a us_privacy string, such as 1YYN')
    .option('--gpp <string>', 'a GPP string')
    .option('--tcf <string>', 'a TC string')
    .option('--tcf-vendor <id>', 'IAB vendor id of the route', parseWholeNumber)
    .option('--record <choices>', 'recorded choices, such as analytics=granted,advertising=withdrawn; or unavailable, or invalid')
    .option('--record-age <duration>', 'how long ago they were made, such as 30d')
    .option('--label <label>', 'label of the route')
    .option('--age <years>', 'age of the visitor', parseWholeNumber)
    .option('--sensitive', 'a page about health and the like')
    .option('--at <day>', 'the UTC day; default today', parseDayOption)
    .option('--json', 'print JSON')
    .option('--batch', "read lines of JSON in the form of a test's given from standard input, print a line of JSON for each")
    .action(async (flags: ExplainFlags, command: Command) => {
      const set = await loadOrReport(flags.policies ?? defaultFolder(), 1);
      if (set === null) return;
      const day = flags.at ?? Date.now();
      if (flags.batch) return explainBatch(set, day, flags.purpose ?? null);
      const checked = checkValue(Given, readFlags(flags, command));
      if (!checked.ok) command.error(`error: ${checked.message}`, { exitCode: 2 });
      const explanation = explainSituation(set, readGiven(checked.value, day), flags.purpose ?? null);
      const title = set.policies.find((candidate) => candidate.id === explanation.policy)?.title ?? 'no rule for this place';
      writeLine(flags.json ? JSON.stringify(explanation) : printExplanation(explanation, title));
    });
}

async function explainBatch(set: CompiledPolicySet, day: number, purpose: Purpose | null): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const checked = checkValue(Given, parseJson(line));
    if (checked.ok) writeLine(JSON.stringify(explainSituation(set, readGiven(checked.value, day), purpose)));
    else {
      writeLine(JSON.stringify({ ok: false, error: checked.message }));
      process.exitCode = 2;
    }
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function parsePurpose(text: string): Purpose {
  if (!isPurpose(text)) throw new InvalidArgumentError('Write necessary, functional, analytics, personalization or advertising.');
  return text;
}

/** As a header may say it, which can be a code of no country (`T1`), but never a name. */
function parseCountry(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]$/.test(text)) throw new InvalidArgumentError('Write an ISO 3166-1 code, such as DE or US.');
  return text;
}

/** The options as a situation; what is absent stays absent. */
function readFlags(flags: ExplainFlags, command: Command): Record<string, unknown> {
  const given = {
    country: flags.country,
    region: flags.region,
    gpc: flags.gpc && '1',
    dnt: flags.dnt && '1',
    'us-privacy': flags.usPrivacy,
    gpp: flags.gpp,
    tcf: flags.tcf,
    'tcf-vendor': flags.tcfVendor,
    record: readRecord(flags, command),
    label: flags.label,
    age: flags.age,
    sensitive: flags.sensitive,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function readRecord({ record, recordAge }: ExplainFlags, command: Command): unknown {
  if (record === undefined || record === 'unavailable' || record === 'invalid') return record;
  const choices: Record<string, string> = {};
  for (const part of record.split(',')) {
    const [purpose, state, ...rest] = part.trim().split('=');
    if (purpose === undefined || state === undefined || rest.length > 0) {
      command.error('error: --record is written as analytics=granted,advertising=denied', { exitCode: 2 });
    }
    choices[purpose] = state;
  }
  return recordAge === undefined ? choices : { ...choices, age: recordAge };
}
