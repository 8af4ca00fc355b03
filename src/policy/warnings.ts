/** What is allowed and probably not meant. Pure. */
import { ACTION_RANK, OPTIONAL_PURPOSES, PURPOSE_INDEX, type Purpose } from '../consent/state.ts';
import { mergeBodies, pickBody } from './body.ts';
import type { PolicyProblem } from './problem.ts';
import type { ParsedRuleFile, ResolvedPolicy, ResolvedSet } from './resolved.ts';
import { type CompleteBody, compileRules } from './rules.ts';
import { findSofter } from './softer.ts';
import { DAY_MS, formatDay, parseDay } from './values.ts';

const YEAR_MS = 365 * DAY_MS;

/** @param now Milliseconds since the epoch, for the age of sources. */
export function findWarnings(files: readonly ParsedRuleFile[], set: ResolvedSet, now: number): PolicyProblem[] {
  const byId = new Map(set.policies.map((policy) => [policy.id, policy]));
  const warnings = files.flatMap((parsed) => {
    const policy = byId.get(parsed.file.id);
    const own =
      policy === undefined
        ? []
        : [...warnOfTable(parsed, policy), ...warnOfVariants(parsed, policy), ...warnOfOverlap(parsed, policy, set)];
    return [...warnOfSources(parsed, now), ...own];
  });
  return [...warnings, ...warnOfGaps(set)];
}

function warnOfGaps({ policies }: ResolvedSet): PolicyProblem[] {
  const codes = new Set(policies.flatMap((policy) => policy.match));
  const missing = (message: string) => ({ file: '', line: 1, column: 1, message });
  return [
    ...(codes.has('*')
      ? []
      : [missing('no file matches "*": nothing leaves where no file answers; write one with match: ["*"]')]),
    ...(codes.has('ZZ')
      ? []
      : [missing('no file matches "ZZ": unknown places get the rule of "*"; write one with match: ["ZZ"]')]),
  ];
}

function warnOfSources({ source, file }: ParsedRuleFile, now: number): PolicyProblem[] {
  return (file.sources ?? []).flatMap(({ checked }, index) => {
    const at = parseDay(checked);
    if (at === null || now - at <= YEAR_MS) return [];
    const message = `this source was last read on ${checked}, more than twelve months ago: read it again and write the day`;
    return [source.problemAt(['sources', index, 'checked'], message)];
  });
}

/** The word `model` against the column that it is about, a no against silence, and a yes that cannot be. */
function warnOfTable({ source, file }: ParsedRuleFile, policy: ResolvedPolicy): PolicyProblem[] {
  const rules = compileRules(policy.id, policy.version, policy.body);
  const at = (purpose: Purpose, column: number) => rules.actions[PURPOSE_INDEX[purpose] * 3 + column] ?? 'drop';
  const warnings: PolicyProblem[] = [];
  const { model } = policy.body;
  const warnOfModel = (message: string) => warnings.push(source.problemAt(file.model === undefined ? [] : ['model'], message));
  const forwarded = OPTIONAL_PURPOSES.filter((purpose) => at(purpose, 1) === 'forward');
  if (model === 'opt-in' && forwarded.length > 0) {
    warnOfModel(
      `model is opt-in, but the table forwards ${forwarded.join(', ')} on silence: write model: opt-out, or a stricter unknown`,
    );
  }
  if (model !== 'opt-in' && forwarded.length === 0) {
    warnOfModel(`model is ${model}, but the table forwards nothing on silence: write model: opt-in`);
  }
  for (const purpose of OPTIONAL_PURPOSES) {
    if (ACTION_RANK[at(purpose, 2)] < ACTION_RANK[at(purpose, 1)]) {
      const message = `a no is softer than silence for ${purpose}: write a denied that is as strict as unknown`;
      warnings.push(source.problemAt(['purposes', purpose], message));
    }
  }
  if (!rules.recordMayGrant && rules.actions.some((action, cell) => cell % 3 === 0 && action !== rules.actions[cell + 1])) {
    warnings.push(
      source.problemAt(['signals'], 'no recorded yes ever counts here: write signals: { record: { may: [grant, deny] } }'),
    );
  }
  return warnings;
}

function warnOfVariants({ source, file }: ParsedRuleFile, policy: ResolvedPolicy): PolicyProblem[] {
  return (file.variants ?? []).flatMap((variant, index) => {
    const warnings: PolicyProblem[] = [];
    const keys = listKeys(pickBody(variant));
    const covered = (file.variants ?? []).slice(index + 1).some((later) => {
      const sameTime =
        later.effective === variant.effective && later.until === variant.until && later.when?.label === variant.when?.label;
      const places = variant.match.every(
        (code) => later.match.includes(code) || later.match.includes(code.slice(0, 2)) || later.match.includes('*'),
      );
      return sameTime && places && keys.every((key) => listKeys(pickBody(later)).includes(key));
    });
    if (covered) {
      warnings.push(
        source.problemAt(
          ['variants', index],
          'this variant changes nothing: a later one sets the same keys for all its places; remove it',
        ),
      );
    }
    const before = compileRules(policy.id, '', policy.body);
    const after = compileRules(policy.id, '', mergeBodies(policy.body, pickBody(variant)) as CompleteBody);
    const softer = findSofter(before, after);
    for (const key of variant.loosens === undefined ? [] : [variant.loosens].flat()) {
      if (softer.some((softening) => softening.key === key || softening.path[0] === key)) continue;
      warnings.push(source.problemAt(['variants', index, 'loosens'], `nothing here is softer in ${key}: remove loosens`));
    }
    return warnings;
  });
}

/** Paths of the values that a map sets. */
function listKeys(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => listKeys(inner, `${path}/${key}`));
}

/** A file that names its last day, while another takes its places before. */
function warnOfOverlap({ source }: ParsedRuleFile, policy: ResolvedPolicy, set: ResolvedSet): PolicyProblem[] {
  const { until } = policy;
  if (until === null) return [];
  for (const code of policy.match) {
    const next = set.policies.find(
      (other) => other.match.includes(code) && (other.effective ?? 0) > (policy.effective ?? 0) && (other.effective ?? 0) < until,
    );
    if (next === undefined) continue;
    const from = formatDay(next.effective ?? 0);
    return [
      source.problemAt(
        ['until'],
        `"${code}" is answered by ${next.file} from ${from} on, before this file ends: write until: ${from}`,
      ),
    ];
  }
  return [];
}
