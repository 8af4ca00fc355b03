/** JSON members by the profile: paths, batches, containers that go as a whole, flags of the restricted mode. */
import type { JsonKind, JsonVisitor } from '../privacy/carriers/json.ts';
import type { Verdict } from '../privacy/carriers/verdict.ts';
import { NamedValues } from '../privacy/named-values.ts';
import { removeValue } from './scrub-anonymize.ts';
import type { ScrubContext } from './scrub-context.ts';
import { classOfSaid } from './scrub-named.ts';
import type { FieldPlan, Member } from './scrub-plan.ts';
import { missingMembers } from './scrub-restrict.ts';

/** How single fields and queries are treated: handed in, since both can hold JSON again. */
export interface Treatment {
  field(ctx: ScrubContext, plan: FieldPlan, value: string): Verdict;
  pairs(ctx: ScrubContext, text: string, prefix: string): string;
}

const NO_NAMES: ReadonlySet<string> = new Set();
/** Iglu: `iglu:com.acme/checkout/jsonschema/1-0-0`. */
const SCHEMA_NAME = /^iglu:[^/]+\/(\w{1,60})\//;

/** Visits members below `prefix`; fields of a batch are named as if they stood at the top. */
export function createJsonVisitor(ctx: ScrubContext, prefix: string, treat: Treatment): JsonVisitor<Member> {
  const root = ctx.plan.member(prefix);
  const names = new Map<Member | null, Set<string>>();
  const isRestricted = ctx.plan.restrictions.length > 0;

  /** What the object of an entity that is open is, once its schema said so. */
  const kinds = new Map<Member, string>();

  const named = new NamedValues<Member>((name) => classOfSaid(ctx, name));

  const noteName = ({ parent, plan }: Member): void => {
    const known = names.get(parent);
    if (known === undefined) names.set(parent, new Set([plan.path]));
    else known.add(plan.path);
  };

  return {
    unique: ctx.isAnonymized,
    compact: ctx.isAnonymized,
    root,
    below: (parent, key) => ctx.plan.below(parent, (parent.isEntity && key === 'data' && kinds.get(parent)) || key),
    leaf(member: Member, value: string, kind: JsonKind): Verdict {
      const { plan, parent } = member;
      if (member.isSchema && parent !== null) kinds.set(parent, SCHEMA_NAME.exec(value)?.[1] ?? 'data');
      // An object of the restricted mode that is none is put there anew.
      if (ctx.plan.holders.has(plan.path)) return removeValue(ctx, plan.path, null, 'consent', value);
      if (isRestricted) noteName(member);
      if (ctx.isAnonymized && !plan.isPlainMember) return removeValue(ctx, '?', null, 'undeclared', `${member.path} ${value}`);
      const carrier = named.read(member, value, kind);
      if (carrier !== null) return removeValue(ctx, plan.path, null, carrier, value);
      if (kind === 'null') return plan.rule !== null || ctx.plan.strictest !== 'drop';
      if (ctx.isNdjson && member.path === 'length') return false;
      if (member.isBatch && value.includes('=')) {
        const query = value.startsWith('?') ? value.slice(1) : value;
        return `${value.startsWith('?') ? '?' : ''}${treat.pairs(ctx, query, '')}`;
      }
      if (kind === 'boolean' && plan.rule !== null && ctx.actionOf(plan.rule) !== 'drop')
        return treatBoolean(ctx, treat, plan, value);
      return treat.field(ctx, plan, value);
    },
    open(member: Member): boolean {
      named.open(member.path);
      if (member.isEntity) kinds.delete(member);
      return ctx.countField();
    },
    hidden({ plan }: Member, value: string): void {
      removeValue(ctx, plan.path, null, plan.named ?? 'undeclared', value);
    },
    close(member: Member, kept: number, isArray: boolean): boolean | string {
      const early = named.close(member.path);
      if (early !== null && member !== root) {
        names.delete(member);
        removeValue(ctx, early.member.plan.path, null, early.carrier, early.value);
        return false;
      }
      if (ctx.isAnonymized && !member.plan.isPlainMember) return false;
      const isHolder = ctx.plan.holders.has(member.plan.path);
      // What the restricted mode sets takes the place of what came, what it adds that of an empty one.
      const isReplaced = member.plan.set !== null || (kept === 0 && member.plan.isOfRestriction);
      if (isHolder ? isArray : isRestricted && isReplaced) {
        names.get(member.parent)?.delete(member.plan.path);
        return false;
      }
      if (isRestricted && !isArray) {
        if (isHolder || member.plan.isOfRestriction) noteName(member);
        const known = names.get(member);
        names.delete(member);
        const missing = known === undefined && !isHolder ? '' : missingMembers(ctx, member.plan.path, known ?? NO_NAMES);
        if (missing !== '') return missing;
      }
      return kept > 0 || member === root || ctx.plan.strictest === 'forward' || member.hasFieldsBelow || member.isBatch;
    },
  };
}

/** A declared truth says nothing about a person, whatever its class, unless the restricted mode sets it. */
function treatBoolean(ctx: ScrubContext, treat: Treatment, plan: FieldPlan, value: string): Verdict {
  return plan.set === null ? true : treat.field(ctx, plan, value);
}
