/** What is allowed and probably not meant. */
import { ACTION_RANK, OPTIONAL_PURPOSES, PURPOSE_INDEX } from '../consent/state.ts';
import type { CompiledPolicySet } from './compile.ts';
import type { PolicyProblem } from './problem.ts';
import type { ParsedRuleFile, ResolvedPolicy } from './resolved.ts';
import { compileRules } from './rules.ts';
import { DAY_MS, parseDay } from './values.ts';

const YEAR_MS = 365 * DAY_MS;

export function findWarnings(files: readonly ParsedRuleFile[], set: CompiledPolicySet, now: number): PolicyProblem[] {
  const byId = new Map(set.resolved.policies.map((policy) => [policy.id, policy]));
  const codes = new Set(set.resolved.policies.flatMap((policy) => policy.match));
  const warnings = files.flatMap((parsed) => {
    const policy = byId.get(parsed.file.id);
    return [...warnOfSources(parsed, now), ...(policy === undefined ? [] : warnOfTable(parsed, policy))];
  });
  const somewhere = files[0]?.source;
  if (somewhere !== undefined && !codes.has('*')) {
    warnings.push({
      file: '',
      line: 1,
      column: 1,
      message: 'no file matches "*": nothing leaves where no file answers; write one with match: ["*"]',
    });
  }
  if (somewhere !== undefined && !codes.has('ZZ')) {
    warnings.push({
      file: '',
      line: 1,
      column: 1,
      message: 'no file matches "ZZ": unknown places get the rule of "*"; write one with match: ["ZZ"]',
    });
  }
  return warnings;
}

function warnOfSources({ source, file }: ParsedRuleFile, now: number): PolicyProblem[] {
  return (file.sources ?? []).flatMap(({ checked }, index) => {
    const at = parseDay(checked);
    if (at === null || now - at <= YEAR_MS) return [];
    return [
      source.problemAt(
        ['sources', index, 'checked'],
        `this source was last read on ${checked}, more than twelve months ago: read it again and write the day`,
      ),
    ];
  });
}

/** The word `model` against the column that it is about. */
function warnOfTable({ source }: ParsedRuleFile, policy: ResolvedPolicy): PolicyProblem[] {
  const rules = compileRules(policy.id, policy.version, policy.body);
  const at = (purpose: (typeof OPTIONAL_PURPOSES)[number], column: number) =>
    rules.actions[PURPOSE_INDEX[purpose] * 3 + column] ?? 'drop';
  const warnings: PolicyProblem[] = [];
  const forwarded = OPTIONAL_PURPOSES.filter((purpose) => at(purpose, 1) === 'forward');
  if (policy.body.model === 'opt-in' && forwarded.length > 0) {
    warnings.push(
      source.problemAt(
        ['model'],
        `model is opt-in, but the table forwards ${forwarded.join(', ')} on silence: write model: opt-out, or a stricter unknown`,
      ),
    );
  }
  if (policy.body.model !== 'opt-in' && forwarded.length === 0) {
    warnings.push(
      source.problemAt(
        ['model'],
        `model is ${policy.body.model}, but the table forwards nothing on silence: write model: opt-in`,
      ),
    );
  }
  for (const purpose of OPTIONAL_PURPOSES) {
    if (ACTION_RANK[at(purpose, 2)] < ACTION_RANK[at(purpose, 1)]) {
      warnings.push(
        source.problemAt(
          ['purposes', purpose],
          `a no is softer than silence for ${purpose}: write a denied that is as strict as unknown`,
        ),
      );
    }
  }
  if (!rules.recordMayGrant && rules.actions.some((action, cell) => cell % 3 === 0 && action !== rules.actions[cell + 1])) {
    warnings.push(
      source.problemAt(['signals'], 'no recorded yes ever counts here: write signals: { record: { may: [grant, deny] } }'),
    );
  }
  return warnings;
}
