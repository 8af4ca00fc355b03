/** Rules as lines of key and value, for comparisons. The keys are those of the policy language. Pure. */
import { COLUMNS, PURPOSES, purposesIn } from '../consent/state.ts';
import { SIGNAL_NAMES, type SignalRule } from '../signals/signal.ts';
import type { Rules } from './rules.ts';
import { DAY_MS, formatDay } from './values.ts';

export function flattenRules(rules: Rules): Map<string, string> {
  const flat = new Map<string, string>([
    ['file', rules.policy],
    ['model', rules.model],
  ]);
  PURPOSES.forEach((purpose, p) => {
    COLUMNS.forEach((column, c) => {
      flat.set(`${purpose}.${column}`, rules.actions[p * 3 + c] ?? 'drop');
      flat.set(`sensitive ${purpose}.${column}`, rules.sensitive[p * 3 + c] ?? 'as usual');
    });
  });
  flat.set('record', rules.recordMayGrant ? 'may grant' : 'may not grant');
  for (const name of SIGNAL_NAMES)
    for (const [key, value] of flattenSignal(rules.signals[name])) flat.set(`${name}${key}`, value);
  for (const [key, value] of Object.entries(rules.anonymize)) {
    flat.set(`anonymize ${toWritten(key)}`, typeof value === 'string' ? value : JSON.stringify(value));
  }
  flat.set('valid-for', days(rules.validForMs));
  flat.set('reask-after-no', days(rules.reaskAfterNoMs));
  flat.set('reask-below', rules.reaskBelow === null ? 'none' : formatDay(rules.reaskBelow));
  flat.set('proof', rules.proofRequired ? 'required' : 'optional');
  flat.set('record-refusals', String(rules.recordRefusals));
  flat.set('adult-from', String(rules.adultFrom));
  for (const { under, optIn, parent, ban } of rules.minors) {
    flat.set(`minors under ${under}`, `opt-in ${list(optIn & ~parent)}, by parent ${list(parent)}, ban ${list(ban)}`);
  }
  flat.set('failure store', rules.storeFailure);
  flat.set('failure evidence', rules.continueWithoutEvidence ? 'continue' : 'drop');
  return flat;
}

function flattenSignal(rule: SignalRule | null): [string, string][] {
  if (rule === null) return [['', 'ignore']];
  return [
    ['', 'heard'],
    [' may', [rule.mayGrant ? 'grant' : '', rule.mayDeny ? 'deny' : ''].filter(Boolean).join(', ') || 'nothing'],
    [' covers', list(rule.covers)],
    [' needs', JSON.stringify(rule.needs)],
    [' vendor-consent', rule.vendorConsent ? 'required' : 'ignore'],
    [' sections', rule.sections === 'any' ? 'any' : rule.sections.join(', ')],
    [' deny-when', rule.denyWhen.join(', ')],
    [' beats-record', String(rule.beatsRecord)],
    [' remember', String(rule.remember)],
  ];
}

function list(set: number): string {
  return purposesIn(set).join(', ') || 'nothing';
}

function days(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : `${ms / 1_000}s`;
}

function toWritten(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
