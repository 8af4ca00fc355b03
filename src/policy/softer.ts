/** Where one set of rules is softer than another: what a variant may only be with `loosens` and `because`. */
import { ACTION_RANK, COLUMNS, PURPOSES } from '../consent/state.ts';
import { SIGNAL_NAMES, type SignalRule } from '../signals/signal.ts';
import type { AnonymizeRules } from './policy.ts';
import type { Rules } from './rules.ts';
import { softerAnonymizeKeys, stricterModel } from './strictness.ts';

/** A value that is softer. */
export interface Softening {
  /** Where it stands in the file, below the variant. */
  readonly path: readonly string[];
  /** What `loosens` has to name: this key, or the block that it stands in (the first part of the path). */
  readonly key: string;
  /** In words: what it is and what is inherited. */
  readonly what: string;
}

export function findSofter(before: Rules, after: Rules): Softening[] {
  return [
    ...softerCells(before, after),
    ...SIGNAL_NAMES.flatMap((name) => {
      const what = describeSofterSignal(before.signals[name], after.signals[name]);
      return what === null ? [] : [{ path: ['signals', name], key: name, what: `${name} ${what}` }];
    }),
    ...softerAnonymizeKeys(before.anonymize, after.anonymize).map((key) => {
      const written = writtenKey(key);
      return {
        path: ['anonymize', written],
        key: written,
        what: describeChange(written, before.anonymize[key], after.anonymize[key]),
      };
    }),
    ...softerRest(before, after),
  ];
}

function softerCells(before: Rules, after: Rules): Softening[] {
  const found: Softening[] = [];
  PURPOSES.forEach((purpose, p) => {
    COLUMNS.forEach((column, c) => {
      const cell = p * 3 + c;
      const [old, now] = [before.actions[cell], after.actions[cell]];
      if (old !== undefined && now !== undefined && ACTION_RANK[now] < ACTION_RANK[old]) {
        found.push({ path: ['purposes', purpose, column], key: purpose, what: describeChange(`${purpose}.${column}`, old, now) });
      }
      const [oldSensitive, nowSensitive] = [before.sensitive[cell] ?? 'forward', after.sensitive[cell] ?? 'forward'];
      if (ACTION_RANK[nowSensitive] < ACTION_RANK[oldSensitive]) {
        found.push({
          path: ['sensitive', purpose, column],
          key: 'sensitive',
          what: describeChange(`sensitive ${purpose}.${column}`, oldSensitive, nowSensitive),
        });
      }
    });
  });
  return found;
}

/** In words how a signal's second rule is softer than the first, or null: less of a denial, or more of a grant. */
export function describeSofterSignal(before: SignalRule | null, after: SignalRule | null): string | null {
  const [mayDeny, mayGrant] = [before?.mayDeny ?? false, after?.mayGrant ?? false];
  if (mayGrant && !before?.mayGrant) return 'may grant here, inherited it may not';
  if (mayDeny && !after?.mayDeny) return 'does not deny here, inherited it does';
  if (before === null || after === null) return null;
  if (mayDeny && (before.covers & ~after.covers) !== 0) return 'covers fewer purposes here than inherited';
  if (mayGrant && (after.covers & ~before.covers) !== 0) return 'grants more purposes here than inherited';
  if (mayDeny && !coversList(after.sections, before.sections)) return 'hears fewer sections here than inherited';
  if (mayDeny && !coversList(after.denyWhen, before.denyWhen)) return 'hears fewer opt-out fields here than inherited';
  if (mayGrant && PURPOSES.some((purpose) => !coversList(after.needs[purpose] ?? [], before.needs[purpose] ?? [])))
    return 'needs less here than inherited';
  if (mayGrant && before.vendorConsent && !after.vendorConsent) return 'does not need the vendor here, inherited it does';
  if (before.beatsRecord && !after.beatsRecord) return 'does not beat the record here, inherited it does';
  if (before.remember && !after.remember) return 'is not remembered here, inherited it is';
  return null;
}

function coversList(larger: 'any' | readonly unknown[], smaller: 'any' | readonly unknown[]): boolean {
  if (larger === 'any') return true;
  return smaller !== 'any' && smaller.every((value) => larger.includes(value));
}

function softerRest(before: Rules, after: Rules): Softening[] {
  const found: Softening[] = [];
  const add = (block: string, key: string, what: string) => found.push({ path: [block, key], key, what });
  if (before.proofRequired && !after.proofRequired) add('consent', 'proof', 'proof is not required here, inherited it is');
  if ((after.reaskBelow ?? 0) < (before.reaskBelow ?? 0))
    add('consent', 'reask-below', 'reask-below is earlier here than inherited');
  if (before.storeFailure === 'denied' && after.storeFailure === 'unknown')
    add('failure', 'store', 'store is unknown here, inherited denied');
  if (!before.continueWithoutEvidence && after.continueWithoutEvidence)
    add('failure', 'evidence', 'evidence is continue here, inherited drop');
  if (stricterModel(before.model, after.model) !== after.model) {
    found.push({ path: ['model'], key: 'model', what: describeChange('model', before.model, after.model) });
  }
  for (const row of before.minors) {
    const now = after.minors.find((candidate) => candidate.under === row.under);
    const kept =
      now !== undefined &&
      (row.ban & ~now.ban) === 0 &&
      (row.optIn & ~(now.optIn | now.ban)) === 0 &&
      (row.parent & ~(now.parent | now.ban)) === 0;
    if (!kept)
      found.push({ path: ['minors'], key: 'minors', what: `minors under ${row.under} are less protected here than inherited` });
  }
  return found;
}

function describeChange(name: string, before: unknown, after: unknown): string {
  return `${name} is ${print(after)} here, inherited ${print(before)}`;
}

function print(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const WRITTEN_KEYS: Readonly<Partial<Record<keyof AnonymizeRules, string>>> = { joinIds: 'join-ids', userAgent: 'user-agent' };

function writtenKey(key: keyof AnonymizeRules): string {
  return WRITTEN_KEYS[key] ?? key;
}
