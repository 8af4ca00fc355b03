/** JSON members by the profile: paths, batches, containers that go as a whole, flags of the restricted mode. */
import type { JsonKind, JsonVisitor } from '../privacy/carriers/json.ts';
import type { Verdict } from '../privacy/carriers/verdict.ts';
import { removeValue } from './scrub-anonymize.ts';
import type { ScrubContext } from './scrub-context.ts';
import type { FieldPlan } from './scrub-plan.ts';
import { missingFields } from './scrub-restrict.ts';

/** How single fields and queries are treated: handed in, since both can hold JSON again. */
export interface Treatment {
  field(ctx: ScrubContext, plan: FieldPlan, value: string): Verdict;
  pairs(ctx: ScrubContext, text: string, prefix: string): string;
}

/** Visits members below `prefix`; fields of a batch are named as if they stood at the top. */
export function createJsonVisitor(ctx: ScrubContext, prefix: string, treat: Treatment): JsonVisitor {
  const { profile } = ctx;
  const names = new Map<string, Set<string>>();
  const isRestricted = ctx.plan.restrictions.length > 0;

  const join = (path: string): string => (prefix === '' ? path : path === '' ? prefix : `${prefix}.${path}`);
  const noteName = (path: string, plan: FieldPlan): void => {
    const dot = path.lastIndexOf('.');
    const parent = dot < 0 ? '' : path.slice(0, dot);
    const known = names.get(parent);
    if (known === undefined) names.set(parent, new Set([plan.path]));
    else known.add(plan.path);
  };

  return {
    unique: ctx.isAnonymized,
    compact: ctx.isAnonymized,
    leaf(path: string, value: string, kind: JsonKind): Verdict {
      const full = join(path);
      const plan = ctx.plan.member(full);
      if (isRestricted) noteName(path, plan);
      if (ctx.isAnonymized && !plan.isPlainMember) return removeValue(ctx, '?', null, 'undeclared', `${path} ${value}`);
      if (kind === 'null') return plan.rule !== null || ctx.plan.strictest !== 'drop';
      if (ctx.isNdjson && path === 'length') return false;
      if (profile.isBatch(full) && value.includes('=')) {
        const query = value.startsWith('?') ? value.slice(1) : value;
        return `${value.startsWith('?') ? '?' : ''}${treat.pairs(ctx, query, '')}`;
      }
      if (kind === 'boolean' && plan.rule !== null && ctx.actionOf(plan.rule) !== 'drop')
        return treatBoolean(ctx, treat, plan, value);
      return treat.field(ctx, plan, value);
    },
    open: () => ctx.countField(),
    hidden(path: string, value: string): void {
      const plan = ctx.plan.member(join(path));
      removeValue(ctx, plan.path, null, plan.named ?? 'undeclared', value);
    },
    close(path: string, kept: number, isArray: boolean): boolean | string {
      const plan = ctx.plan.member(join(path));
      if (ctx.isAnonymized && !plan.isPlainMember) return false;
      const full = plan.path;
      if (isRestricted && !isArray) {
        const known = names.get(path);
        names.delete(path);
        if (known !== undefined) {
          const missing = missingFields(ctx, known);
          if (missing.length > 0)
            return missing.map(([name, , json]) => `${JSON.stringify(name.slice(name.lastIndexOf('.') + 1))}:${json}`).join(',');
        }
      }
      if (kept > 0 || path === '') return true;
      return ctx.plan.strictest === 'forward' || profile.hasFieldsBelow(full) || profile.isBatch(join(path));
    },
  };
}

/** A declared truth says nothing about a person, whatever its class, unless the restricted mode sets it. */
function treatBoolean(ctx: ScrubContext, treat: Treatment, plan: FieldPlan, value: string): Verdict {
  return ctx.plan.restrictions.length === 0 ? true : treat.field(ctx, plan, value);
}
