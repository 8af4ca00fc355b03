/** A field by its rule: kept, removed, reduced, or opened where it holds further fields. */
import { readBase64, readText } from '../privacy/carriers/base64.ts';
import { rewriteJson, startsLikeJson } from '../privacy/carriers/json.ts';
import { countPairs, rewritePairs } from '../privacy/carriers/query.ts';
import { splitUrl } from '../privacy/carriers/url.ts';
import type { Verdict } from '../privacy/carriers/verdict.ts';
import { decodePercent, encodePercent } from '../privacy/percent.ts';
import { labelOf } from '../privacy/report.ts';
import type { FieldRule } from '../vendors/profile.ts';
import { isOfType } from '../vendors/value-types.ts';
import { anonymizeParts, anonymizeUndeclared, anonymizeValue, removeValue } from './scrub-anonymize.ts';
import { stripClickIds } from './scrub-click-ids.ts';
import { LIMITS, type ScrubContext } from './scrub-context.ts';
import { ScrubVisitor, type Treatment } from './scrub-json.ts';
import { namesAt } from './scrub-names.ts';
import type { FieldPlan } from './scrub-plan.ts';
import { isValid, pairOf, type RecentPair, type Treated } from './scrub-recent.ts';
import { missingFields, resolveValue, restrictGcd, restrictGcs } from './scrub-restrict.ts';

function forwardValue(ctx: ScrubContext, path: string, rule: FieldRule | null, value: string): Verdict {
  if (ctx.isAnonymized && rule !== null && rule.type !== null && rule.class === 'utility' && !isOfType(value, rule)) {
    return anonymizeParts(ctx, path, rule, value);
  }
  const text = ctx.plan.clickIds === 'forward' ? value : stripClickIds(ctx, path, value);
  if (text === null || !ctx.keep(text)) return removeValue(ctx, path, null, rule?.class ?? 'undeclared', value);
  return text === value ? true : text;
}

/** Consent flags whose value follows the decision: false where it is no such flag, null where nothing is set. */
function restrictFlag(ctx: ScrubContext, plan: FieldPlan, value: string): string | false | null {
  if (plan.rule?.type === 'gcs') return restrictGcs(ctx, value) ?? false;
  if (plan.rule?.type === 'gcd') return restrictGcd(ctx, value) ?? false;
  return plan.set === null ? null : resolveValue(ctx, plan.set);
}

export function treatField(ctx: ScrubContext, plan: FieldPlan, value: string): Verdict {
  if (!ctx.countField()) return false;
  const verdict = plan.recent === null ? decideField(ctx, plan, value) : plan.recent.treat(ctx, plan, value, decideField);
  if (verdict !== false && plan.isRequired) ctx.hasRequired = true;
  return verdict;
}

/** The field once more as it was treated before. */
function repeatField(ctx: ScrubContext, plan: FieldPlan, treated: Treated): void {
  if (ctx.countField() && treated.field.repeat(ctx, treated) !== false && plan.isRequired) ctx.hasRequired = true;
}

function decideField(ctx: ScrubContext, plan: FieldPlan, value: string): Verdict {
  const { path, rule, action } = plan;
  const flag = ctx.plan.restrictions.length === 0 ? null : restrictFlag(ctx, plan, value);
  if (flag === false) return removeValue(ctx, path, null, 'undeclared', value);
  if (flag !== null) {
    if (flag === value) return true;
    ctx.note(path, 'consent', 'set');
    return flag;
  }
  if (plan.isClickId) {
    return action === 'forward' ? forwardValue(ctx, path, rule, value) : removeValue(ctx, path, null, 'click-id', value);
  }
  if (rule !== null && rule.holds !== null && value !== '' && (!plan.isBelow || startsLikeJson(value)))
    return treatHolder(ctx, path, rule, value);
  if ((rule === null || rule.class === 'undeclared') && value.length >= 24) {
    const hit = readWrappedHit(ctx, path, value);
    if (hit !== null) return hit;
  }
  if (action === 'drop') return removeValue(ctx, path, rule, rule?.class ?? plan.named ?? 'undeclared', value);
  if (action === 'forward') return forwardValue(ctx, path, rule, value);
  if (rule !== null) return anonymizeValue(ctx, path, rule, value);
  return (plan.named === null ? anonymizeDocument(ctx, path, value) : null) ?? anonymizeUndeclared(ctx, path, null, value);
}

/** JSON in a field that nobody declared, member by member as in a body; null where it is none, or nothing undeclared stays. */
function anonymizeDocument(ctx: ScrubContext, path: string, value: string): Verdict | null {
  if (ctx.rules.undeclared === 'drop' || value.length < 8 || ctx.depth >= LIMITS.depth) return null;
  if (!startsLikeJson(value) && !/^\s*(?:e[yw]|W[yw3])/.test(value)) return null;
  const opened = openHolder(ctx, path, { holds: 'json' }, path, value, 0);
  return opened === value ? true : opened;
}

function writePair(text: string, value: string): string {
  return text.slice(0, text.indexOf('=') + 1) + encodePercent(value);
}

/** Rewrites pairs of a query, form, matrix or line; `prefix` is the path of what holds them. */
export function treatPairs(ctx: ScrubContext, text: string, prefix: string, separator: '&' | ';' = '&'): string {
  // Told before the first is looked at: names that nobody sent before are dear.
  if (text.length > LIMITS.count && !ctx.mayHold(countPairs(text, separator))) return text;
  const names = namesAt(ctx.depth);
  // Where `+` stands for spaces, the guard takes words of a text for one stretch of base64.
  if (text.includes('+')) ctx.isWrapped = true;
  // Which names there are matters to an anonymized hit, and to the restricted modes.
  const isNoted = ctx.isAnonymized || (prefix !== '' && ctx.plan.restrictions.length > 0);
  const separatorCode = separator.charCodeAt(0);
  let before = ctx.plan.field(prefix);

  const visit = (written: string, value: string | null, start: number, end: number): Verdict | null => {
    if (ctx.refusal !== null) return null;
    const plan = ctx.plan.field(prefix === '' ? written : `${prefix}.${written}`);
    const { path, recent } = plan;
    const { behind } = before;
    before = plan;
    // The same text, but the one in the plan has been hashed before, and keeps no query alive.
    const name = prefix === '' ? path : path.slice(prefix.length + 1);
    if (value === null) return ctx.countField() && treatBareName(ctx, plan, name);
    const first = ctx.isAnonymized ? names.get(name) : undefined;
    if (ctx.isAnonymized && (first !== undefined || !plan.isPlain)) {
      if (!ctx.countField()) return null;
      // Said once more, it tells nothing more than what stays.
      if (first === value) ctx.note(path, plan.rule?.class ?? 'undeclared', 'stripped');
      else removeValue(ctx, path, null, plan.named ?? 'undeclared', first !== undefined ? value : `${name} ${value}`);
      return false;
    }
    const verdict = treatField(ctx, plan, value);
    if (verdict !== false && (isNoted || plan.isOfRestriction)) names.add(name, value);
    const latest = recent?.latest;
    if (latest?.value === value) behind.pair = pairOf(latest, plan, name, text.slice(start, end), writePair);
    return verdict;
  };

  /** The pair that stood behind the one before last time mostly stands there again. */
  const recall = (start: number): RecentPair<FieldPlan> | null => {
    const { pair } = before.behind;
    if (pair === null) return null;
    const end = start + pair.text.length;
    if (text.slice(start, end) !== pair.text || (end < text.length && text.charCodeAt(end) !== separatorCode)) return null;
    const { plan, name, treated, verdict } = pair;
    if (!isValid(treated, ctx)) return null;
    const isLeft = verdict !== false;
    if (isLeft && (isNoted || plan.isOfRestriction)) {
      if (!names.add(name, treated.value) && ctx.isAnonymized) return null;
    } else if (ctx.isAnonymized && names.has(name)) return null;
    repeatField(ctx, plan, treated);
    before = plan;
    return pair;
  };

  let out = rewritePairs(text, separator, visit, recall);
  for (const [name, value] of ctx.plan.restrictions.length === 0 ? [] : missingFields(ctx, names)) {
    const pair = `${encodePercent(name)}=${encodePercent(value)}`;
    out = out === '' ? pair : out + separator + pair;
  }
  names.end();
  return out;
}

/** A name without a value: a declared flag, or a value without a name. */
function treatBareName(ctx: ScrubContext, plan: FieldPlan, name: string): Verdict {
  const { path, rule } = plan;
  if (rule !== null && rule.class !== 'undeclared')
    return ctx.actionOf(rule) === 'drop' || (ctx.isAnonymized && rule.class !== 'utility')
      ? removeValue(ctx, path, null, rule.class, '')
      : true;
  if (ctx.actionOf(rule) === 'forward' && !ctx.isAnonymized) return forwardValue(ctx, '?', null, name);
  return removeValue(ctx, '?', null, 'undeclared', name);
}

/** JSON or a query inside a value, as it is or in base64; what cannot be opened stays only where its purpose is forwarded. */
function treatHolder(ctx: ScrubContext, path: string, rule: FieldRule, value: string): Verdict {
  const prefix = rule.as ?? path;
  const opened = ctx.depth >= LIMITS.depth ? null : openHolder(ctx, path, rule, prefix, value, 0);
  if (opened === null)
    return ctx.actionOf(rule) === 'forward' && !ctx.isAnonymized
      ? forwardValue(ctx, path, rule, value)
      : removeValue(ctx, path, rule, rule.class, value);
  return opened === value ? true : opened;
}

function openHolder(
  ctx: ScrubContext,
  path: string,
  rule: Pick<FieldRule, 'holds'>,
  prefix: string,
  value: string,
  layers: number,
): string | null {
  const trimmed = value.trimStart();
  if (startsLikeJson(trimmed)) return treatJson(ctx, path, prefix, value);
  const base64 = layers < 3 ? readBase64(value) : null;
  const text = base64 === null ? null : readText(base64.bytes);
  if (base64 !== null && text !== null) {
    const inner = openHolder(ctx, path, rule, prefix, text, layers + 1);
    if (inner === null) return null;
    return inner === text ? value : base64.encode(Buffer.from(inner, 'utf8'));
  }
  if (layers < 3 && /^%(?:7B|5B|257B|255B)/i.test(trimmed)) {
    const inner = openHolder(ctx, path, rule, prefix, decodePercent(value), layers + 1);
    return inner === null ? null : encodePercent(inner);
  }
  if (rule.holds === 'json' || !value.includes('=')) return null;
  return nest(ctx, path, () => (rule.holds === 'hit' ? treatTarget(ctx, value) : treatPairs(ctx, value, prefix)));
}

function nest<T>(ctx: ScrubContext, path: string, work: () => T): T {
  const where = ctx.where;
  ctx.where = `${where}${labelOf(path)}|`;
  ctx.depth++;
  ctx.isWrapped = true;
  const result = work();
  ctx.depth--;
  ctx.where = where;
  return result;
}

function treatJson(ctx: ScrubContext, path: string, prefix: string, text: string): string | null {
  return nest(ctx, path, () => {
    const result = rewriteJson(text, new ScrubVisitor(ctx, text, prefix, TREATMENT), LIMITS);
    if (!result.ok && result.reason !== 'syntax') ctx.refuse('body-limits');
    return result.ok ? result.text : null;
  });
}

/** Path and query of a whole hit; fields are those of the top. */
function treatTarget(ctx: ScrubContext, target: string): string {
  const question = target.indexOf('?');
  if (question < 0) return target.includes('=') ? treatPairs(ctx, target, '') : target;
  const query = treatPairs(ctx, target.slice(question + 1), '');
  return target.slice(0, question) + (query === '' ? '' : `?${query}`);
}

/** A whole hit of the vendor in base64 under a name of chance, the way loaders of tag gateways hide it. */
function readWrappedHit(ctx: ScrubContext, path: string, value: string): Verdict | null {
  if (ctx.depth >= LIMITS.depth) return null;
  const base64 = readBase64(value);
  const text = base64 === null ? null : readText(base64.bytes);
  if (base64 === null || text === null || !text.includes('?')) return null;
  const parts = splitUrl(text);
  if (parts.query === null || !ctx.profile.isEndpoint(parts.path)) return null;
  const treated = nest(ctx, path, () => treatTarget(ctx, text));
  return treated === text ? true : base64.encode(Buffer.from(treated, 'utf8'));
}

/** Whole JSON document at the top of a body. */
export function treatDocument(ctx: ScrubContext, text: string): { text: string } | 'syntax' | 'limits' {
  const result = rewriteJson(text, new ScrubVisitor(ctx, text, '', TREATMENT), LIMITS);
  if (result.ok) return { text: result.text };
  return result.reason === 'syntax' ? 'syntax' : 'limits';
}

const TREATMENT: Treatment = { field: treatField, repeat: repeatField, pairs: treatPairs };
