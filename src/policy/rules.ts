/** What a policy says at one place on one day for one label, as numbers and shared objects: the form that deciding reads. */
import type { Model } from '../consent/record.ts';
import { type Action, COLUMNS, PURPOSES, type Purpose, type PurposeSet, purposeSet } from '../consent/state.ts';
import { DEFAULT_SIGNAL_RULES } from '../signals/rules.ts';
import { SIGNAL_NAMES, type SignalName, type SignalRule } from '../signals/signal.ts';
import type { AnonymizeRules } from './policy.ts';
import type { Body } from './schema.ts';
import { DAY_MS, parseDay, parseDuration } from './values.ts';

export interface MinorRow {
  readonly under: number;
  /** Purposes that need a yes below this age. */
  readonly optIn: PurposeSet;
  /** Purposes for which no recorded yes counts, since a parent has to give it. */
  readonly parent: PurposeSet;
  readonly ban: PurposeSet;
}

export interface Rules {
  readonly policy: string;
  /** `id@version#hash`. */
  readonly version: string;
  readonly model: Model;
  /** By purpose and column: cell `purpose * 3 + column`. */
  readonly actions: readonly Action[];
  /** Null: ignored. */
  readonly signals: Readonly<Record<SignalName, SignalRule | null>>;
  readonly recordMayGrant: boolean;
  readonly validForMs: number;
  readonly reaskAfterNoMs: number;
  readonly reaskBelow: number | null;
  readonly proofRequired: boolean;
  readonly recordRefusals: boolean;
  /** Years; 0 where the policy says nothing. */
  readonly adultFrom: number;
  readonly minors: readonly MinorRow[];
  /** Cells as `actions`; null where sensitivity changes nothing. */
  readonly sensitive: readonly (Action | null)[];
  readonly anonymize: AnonymizeRules;
  readonly storeFailure: 'denied' | 'unknown';
  readonly continueWithoutEvidence: boolean;
}

/** A body in which nothing that deciding needs is missing; resolve.ts has seen to that. */
export type CompleteBody = Body & { readonly model: Model; readonly purposes: NonNullable<Body['purposes']> };

/** Half a year: the strictest life of a consent that an authority names (CNIL), for policies that name none. */
const DEFAULT_VALID_FOR_MS = 180 * DAY_MS;

export function compileRules(policy: string, version: string, body: CompleteBody): Rules {
  const { consent = {}, failure = {} } = body;
  return {
    policy,
    version,
    model: body.model,
    actions: readCells(body.purposes).map((action) => action ?? 'drop'),
    signals: compileSignals(body.signals ?? {}),
    recordMayGrant: body.signals?.record?.may.includes('grant') ?? false,
    validForMs: readDuration(consent['valid-for'], DEFAULT_VALID_FOR_MS),
    reaskAfterNoMs: readDuration(consent['reask-after-no'], DEFAULT_VALID_FOR_MS),
    reaskBelow: consent['reask-below'] === undefined ? null : parseDay(consent['reask-below']),
    proofRequired: consent.proof === 'required',
    recordRefusals: consent['record-refusals'] ?? false,
    adultFrom: consent['adult-from'] ?? 0,
    minors: (body.minors ?? []).map((row) => {
      const optIn = row.model === 'opt-in' ? purposeSet(row.purposes ?? []) : 0;
      return { under: row.under, optIn, parent: row.by === 'parent' ? optIn : 0, ban: purposeSet(row.ban ?? []) };
    }),
    sensitive: readCells(body.sensitive ?? {}),
    anonymize: compileAnonymize(body.anonymize ?? {}),
    storeFailure: failure.store ?? 'denied',
    continueWithoutEvidence: failure.evidence === 'continue',
  };
}

function readDuration(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : (parseDuration(text) ?? otherwise);
}

function readCells(table: NonNullable<Body['sensitive']>): (Action | null)[] {
  return PURPOSES.flatMap((purpose) => COLUMNS.map((column) => table[purpose]?.[column] ?? null));
}

function compileSignals(signals: NonNullable<Body['signals']>): Record<SignalName, SignalRule | null> {
  return Object.fromEntries(SIGNAL_NAMES.map((name) => [name, compileSignal(name, signals[name])])) as Record<
    SignalName,
    SignalRule | null
  >;
}

type SignalKeys = {
  may?: readonly ('grant' | 'deny')[] | undefined;
  covers?: Parameters<typeof purposeSet>[0] | undefined;
  needs?: { readonly [P in Purpose]?: readonly number[] | undefined } | undefined;
  'vendor-consent'?: 'required' | 'ignore' | undefined;
  sections?: 'any' | readonly string[] | undefined;
  'deny-when'?: readonly string[] | undefined;
  'beats-record'?: boolean | undefined;
  remember?: boolean | undefined;
};

function compileSignal(name: SignalName, written: 'ignore' | SignalKeys | undefined): SignalRule | null {
  if (written === 'ignore') return null;
  const base = DEFAULT_SIGNAL_RULES[name];
  if (written === undefined) return base;
  const sections = written.sections ?? base.sections;
  return {
    mayGrant: written.may?.includes('grant') ?? base.mayGrant,
    mayDeny: written.may?.includes('deny') ?? base.mayDeny,
    covers: written.covers === undefined ? base.covers : purposeSet(written.covers),
    needs: { ...base.needs, ...written.needs } as SignalRule['needs'],
    vendorConsent: written['vendor-consent'] === undefined ? base.vendorConsent : written['vendor-consent'] === 'required',
    sections: sections !== 'any' && sections.includes('any') ? 'any' : sections,
    denyWhen: written['deny-when'] ?? base.denyWhen,
    beatsRecord: written['beats-record'] ?? base.beatsRecord,
    remember: written.remember ?? base.remember,
  };
}

/** A key that nobody names has its strictest value. */
function compileAnonymize(written: NonNullable<Body['anonymize']>): AnonymizeRules {
  const { ip } = written;
  return {
    ip: ip === undefined || ip === 'drop' ? 'drop' : { v4: ip.v4 ?? 0, v6: ip.v6 ?? 0 },
    ids: written.ids ?? 'drop',
    joinIds: written['join-ids'] ?? 'drop',
    userAgent: written['user-agent'] ?? 'drop',
    device: written.device ?? 'drop',
    page: written.page ?? 'drop',
    text: written.text ?? 'drop',
    referrer: written.referrer ?? 'drop',
    undeclared: written.undeclared ?? 'drop',
    time: written.time ?? 'hour',
    geo: written.geo ?? 'none',
  };
}
