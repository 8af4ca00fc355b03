/** The same code twice for the same day: which file answers would be a matter of luck. */
import { explainStateMistake } from './code-check.ts';
import type { PolicyProblem } from './problem.ts';
import type { ParsedRuleFile, ResolvedPolicy } from './resolved.ts';
import type { Path } from './source.ts';
import { formatDay } from './values.ts';

interface Claim {
  readonly policy: ResolvedPolicy;
  /** Index in `match`, or null where a variant claims the code. */
  readonly index: number | null;
}

export function findCodeClashes(policies: readonly ResolvedPolicy[], byId: ReadonlyMap<string, ParsedRuleFile>): PolicyProblem[] {
  const claims = new Map<string, Claim[]>();
  const claim = (code: string, policy: ResolvedPolicy, index: number | null) => {
    claims.set(code, [...(claims.get(code) ?? []), { policy, index }]);
  };
  for (const policy of policies) {
    for (const [index, code] of policy.match.entries()) claim(code, policy, index);
    const inVariants = new Set(policy.variants.flatMap((variant) => variant.match));
    for (const code of inVariants) if (!policy.match.includes(code) && code !== '*') claim(code, policy, null);
  }
  const problems: PolicyProblem[] = [];
  for (const [code, claimants] of claims) {
    claimants.forEach((later, position) => {
      const earlier = claimants.slice(0, position).find((other) => clash(other, later));
      const parsed = byId.get(later.policy.id);
      if (earlier === undefined || parsed === undefined) return;
      problems.push(describeClash(code, earlier, later, parsed));
    });
  }
  return problems;
}

/** Whole files of different days stand side by side; a variant beside a file for the same part is always a mistake. */
function clash(a: Claim, b: Claim): boolean {
  if (a.policy === b.policy) return false;
  if (a.index !== null && b.index !== null) return a.policy.effective === b.policy.effective;
  const [aFrom, bFrom] = [a.policy.effective ?? Number.NEGATIVE_INFINITY, b.policy.effective ?? Number.NEGATIVE_INFINITY];
  return aFrom < (b.policy.until ?? Number.POSITIVE_INFINITY) && bFrom < (a.policy.until ?? Number.POSITIVE_INFINITY);
}

function describeClash(code: string, earlier: Claim, later: Claim, parsed: ParsedRuleFile): PolicyProblem {
  const path = later.index === null ? findVariant(code, parsed) : ['match', later.index];
  const mistake = explainStateMistake(code);
  const hint = mistake === null ? '' : ` (${mistake})`;
  const where = earlier.index === null ? `a variant of ${earlier.policy.file}` : earlier.policy.file;
  const { effective } = later.policy;
  const day = effective === null ? 'without an effective day' : `from the same day, ${formatDay(effective)}`;
  const message =
    earlier.index !== null && later.index !== null
      ? `"${code}" is matched by ${where} too, ${day}: remove it from one of them, or give one a later effective day${hint}`
      : `"${code}" is matched by ${where} too: remove it from one of them${hint}`;
  return parsed.source.problemAt(path, message);
}

function findVariant(code: string, { file }: ParsedRuleFile): Path {
  const index = file.variants?.findIndex((variant) => variant.match.includes(code)) ?? -1;
  return index < 0 ? ['extends'] : ['variants', index, 'match'];
}
