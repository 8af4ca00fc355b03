/** JSON members by the profile: paths, batches, containers that go as a whole, flags of the restricted mode. */
import type { JsonKind, JsonVisitor } from '../privacy/carriers/json.ts';
import type { Verdict } from '../privacy/carriers/verdict.ts';
import { classOfName } from '../privacy/names.ts';
import { removeValue } from './scrub-anonymize.ts';
import type { ScrubContext } from './scrub-context.ts';
import { missingFields } from './scrub-restrict.ts';

const SAFE_PATH = /^[A-Za-z0-9_.$[\]:/@ -]{0,300}$/;

/** How single fields and queries are treated: handed in, since both can hold JSON again. */
export interface Treatment {
  field(ctx: ScrubContext, path: string, value: string): Verdict;
  pairs(ctx: ScrubContext, text: string, prefix: string): string;
}

/** Visits members below `prefix`; fields of a batch are named as if they stood at the top. */
export function createJsonVisitor(ctx: ScrubContext, prefix: string, treat: Treatment): JsonVisitor {
  const { profile } = ctx;
  const names = new Map<string, Set<string>>();
  const isRestricted = ctx.restrictions.length > 0;

  const join = (path: string): string => (prefix === '' ? path : path === '' ? prefix : `${prefix}.${path}`);
  /** The name below the innermost batch; where nothing of that name is declared, the whole path, which may lie below a declared container. */
  const resolve = (path: string): string => {
    const full = join(path);
    let start = 0;
    for (let dot = full.indexOf('.'); dot >= 0; dot = full.indexOf('.', dot + 1)) {
      if (profile.isBatch(full.slice(0, dot))) start = dot + 1;
    }
    if (start === 0) return full;
    const name = full.slice(start);
    return profile.field(name) === null && profile.field(full) !== null ? full : name;
  };
  const noteName = (path: string): void => {
    const dot = path.lastIndexOf('.');
    const parent = dot < 0 ? '' : path.slice(0, dot);
    const known = names.get(parent);
    if (known === undefined) names.set(parent, new Set([resolve(path)]));
    else known.add(resolve(path));
  };

  return {
    unique: ctx.isAnonymized,
    compact: ctx.isAnonymized,
    leaf(path: string, value: string, kind: JsonKind): Verdict {
      const full = resolve(path);
      if (isRestricted) noteName(path);
      if (kind === 'null') return ctx.actionOf(profile.field(full)) !== 'drop' || profile.field(full) !== null;
      if (ctx.isNdjson && path === 'length') return false;
      if (profile.isBatch(join(path)) && value.includes('=')) {
        const query = value.startsWith('?') ? value.slice(1) : value;
        return `${value.startsWith('?') ? '?' : ''}${treat.pairs(ctx, query, '')}`;
      }
      if (ctx.isAnonymized && !SAFE_PATH.test(path)) return removeValue(ctx, '?', null, 'undeclared', `${path} ${value}`);
      if (kind === 'boolean' && profile.field(full) !== null && ctx.actionOf(profile.field(full)) !== 'drop')
        return treatBoolean(ctx, treat, full, value);
      return treat.field(ctx, full, value);
    },
    open: () => ctx.countField(),
    hidden(path: string, value: string): void {
      removeValue(ctx, resolve(path), null, classOfName(path) ?? 'undeclared', value);
    },
    close(path: string, kept: number, isArray: boolean): boolean | string {
      const full = resolve(path);
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
      return ctx.strictest === 'forward' || profile.hasFieldsBelow(full) || profile.isBatch(join(path));
    },
  };
}

/** A declared truth says nothing about a person, whatever its class, unless the restricted mode sets it. */
function treatBoolean(ctx: ScrubContext, treat: Treatment, path: string, value: string): Verdict {
  return ctx.restrictions.length === 0 ? true : treat.field(ctx, path, value);
}
