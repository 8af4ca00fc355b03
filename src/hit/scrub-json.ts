/** JSON members by the profile: paths, batches, containers that go as a whole, flags of the restricted mode. */
import type { JsonKind, JsonVisitor, KnownMember } from '../privacy/carriers/json.ts';
import { writeScalar } from '../privacy/carriers/json-edits.ts';
import type { Verdict } from '../privacy/carriers/verdict.ts';
import { NamedValues } from '../privacy/named-values.ts';
import { removeValue } from './scrub-anonymize.ts';
import type { ScrubContext } from './scrub-context.ts';
import { classOfSaid } from './scrub-named.ts';
import type { FieldPlan, Member } from './scrub-plan.ts';
import { isValid, pairOf, type RecentPair, type Treated } from './scrub-recent.ts';
import { missingMembers } from './scrub-restrict.ts';

/** How single fields and queries are treated: handed in, since both can hold JSON again. */
export interface Treatment {
  field(ctx: ScrubContext, plan: FieldPlan, value: string): Verdict;
  repeat(ctx: ScrubContext, plan: FieldPlan, treated: Treated): void;
  pairs(ctx: ScrubContext, text: string, prefix: string): string;
}

const NO_NAMES: ReadonlySet<string> = new Set();
/** Iglu: `iglu:com.acme/checkout/jsonschema/1-0-0`. */
const SCHEMA_NAME = /^iglu:[^/]+\/(\w{1,60})\//;

/** Visits members below `prefix`; fields of a batch are named as if they stood at the top. */
export class ScrubVisitor implements JsonVisitor<Member> {
  readonly unique: boolean;
  readonly compact: boolean;
  readonly root: Member;
  readonly #ctx: ScrubContext;
  readonly #text: string;
  readonly #treat: Treatment;
  readonly #isRestricted: boolean;
  readonly #named: NamedValues<Member>;
  /** Names in the objects that are open, where a restricted mode asks for them. */
  readonly #names = new Map<Member | null, Set<string>>();
  /** What the object of an entity that is open is, once its schema said so. */
  readonly #kinds = new Map<Member, string>();
  /** What stood last, whatever holds it. */
  #last: Member;

  constructor(ctx: ScrubContext, text: string, prefix: string, treat: Treatment) {
    this.unique = ctx.isAnonymized;
    this.compact = ctx.isAnonymized;
    this.root = ctx.plan.member(prefix);
    this.#ctx = ctx;
    this.#text = text;
    this.#treat = treat;
    this.#isRestricted = ctx.plan.restrictions.length > 0;
    this.#named = new NamedValues<Member>((name) => classOfSaid(ctx, name));
    this.#last = this.root;
  }

  below(parent: Member, key: string): Member {
    const name = parent.isEntity && key === 'data' ? (this.#kinds.get(parent) ?? key) : key;
    const member = this.#ctx.plan.below(parent, name, this.#last);
    this.#last = member;
    return member;
  }

  /** The member that stood behind the one before last time mostly stands there again, and many with the same value. */
  recall(object: Member, start: number): RecentPair<FieldPlan> | null {
    const { next } = this.#last;
    if (next === null || next.parent !== object || next.pair === null) return null;
    const { text, treated } = next.pair;
    const end = start + text.length;
    if (!endsMember(this.#text.charCodeAt(end)) || this.#text.slice(start, end) !== text) return null;
    return isValid(treated, this.#ctx) ? next.pair : null;
  }

  repeat(known: KnownMember): void {
    const member = this.#last.next as Member;
    this.#last = member;
    this.#named.pass();
    if (this.#isRestricted) this.#noteName(member);
    this.#treat.repeat(this.#ctx, member.plan, (known as RecentPair<FieldPlan>).treated);
  }

  leaf(member: Member, value: string, kind: JsonKind, start: number, end: number): Verdict {
    const ctx = this.#ctx;
    const { plan, parent } = member;
    if (member.isSchema && parent !== null) this.#kinds.set(parent, SCHEMA_NAME.exec(value)?.[1] ?? 'data');
    // An object of the restricted mode that is none is put there anew.
    if (plan.isHolder) return removeValue(ctx, plan.path, null, 'consent', value);
    if (this.#isRestricted) this.#noteName(member);
    if (ctx.isAnonymized && !plan.isPlainMember) return removeValue(ctx, '?', null, 'undeclared', `${member.path} ${value}`);
    const carrier = this.#named.read(member, value, kind);
    if (carrier !== null) return removeValue(ctx, plan.path, null, carrier, value);
    if (kind === 'null') return plan.rule !== null || ctx.plan.strictest !== 'drop';
    if (ctx.isNdjson && member.path === 'length') return false;
    if (member.isBatch && value.includes('=')) {
      const query = value.startsWith('?') ? value.slice(1) : value;
      return `${value.startsWith('?') ? '?' : ''}${this.#treat.pairs(ctx, query, '')}`;
    }
    // A declared truth says nothing about a person, whatever its class, unless the restricted mode sets it.
    if (kind === 'boolean' && plan.rule !== null && plan.set === null && ctx.actionOf(plan.rule) !== 'drop') return true;
    const verdict = this.#treat.field(ctx, plan, value);
    const latest = plan.recent?.latest;
    if (member.isRepeatable && latest?.value === value)
      member.pair = pairOfMember(latest, member, kind, this.#text.slice(start, end));
    return verdict;
  }

  #noteName({ parent, plan }: Member): void {
    const known = this.#names.get(parent);
    if (known === undefined) this.#names.set(parent, new Set([plan.path]));
    else known.add(plan.path);
  }

  open(member: Member): boolean {
    this.#named.open(member.path);
    if (member.isEntity) this.#kinds.delete(member);
    return this.#ctx.countField();
  }

  hidden({ plan }: Member, value: string): void {
    removeValue(this.#ctx, plan.path, null, plan.named ?? 'undeclared', value);
  }

  close(member: Member, kept: number, isArray: boolean): boolean | string {
    const ctx = this.#ctx;
    const { plan, parent } = member;
    const early = this.#named.close(member.path);
    if (early !== null && member !== this.root) {
      this.#names.delete(member);
      removeValue(ctx, early.member.plan.path, null, early.carrier, early.value);
      return false;
    }
    if (ctx.isAnonymized && !plan.isPlainMember) return false;
    const { isHolder } = plan;
    // What the restricted mode sets takes the place of what came, what it adds that of an empty one.
    const isReplaced = plan.set !== null || (kept === 0 && plan.isOfRestriction);
    if (isHolder ? isArray : this.#isRestricted && isReplaced) {
      this.#names.get(parent)?.delete(plan.path);
      return false;
    }
    if (this.#isRestricted && !isArray) {
      if (isHolder || plan.isOfRestriction) this.#noteName(member);
      const known = this.#names.get(member);
      this.#names.delete(member);
      const missing = known === undefined && !isHolder ? '' : missingMembers(ctx, plan.path, known ?? NO_NAMES);
      if (missing !== '') return missing;
    }
    return kept > 0 || member === this.root || ctx.plan.strictest === 'forward' || member.hasFieldsBelow || member.isBatch;
  }
}

function endsMember(code: number): boolean {
  return code === 44 || code === 125;
}

/** A member as it was written, with a value that came before; null where it has spaces or escapes. */
function pairOfMember(treated: Treated, member: Member, kind: JsonKind, text: string): RecentPair<FieldPlan> | null {
  const valueAt = text.length - treated.value.length - (kind === 'string' ? 2 : 0);
  if (text.includes('\\') || !text.startsWith('":', valueAt - 2)) return null;
  return pairOf(treated, member.plan, member.key, text, (own, value) => own.slice(0, valueAt) + writeScalar(value, kind));
}
