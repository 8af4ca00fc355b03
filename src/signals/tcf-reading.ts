/**
 * What the TC strings of a hit say together. A TC string is a complete statement: what it does not consent to is a no.
 * Several of them (`gdpr_consent`, section 2 of a GPP string, the cookie, repeated parameters) are intersected: granted is what
 * all of them grant, denied what one denies (GPP, EEA note: the stand-alone string stays authoritative beside section 2).
 */
import { PURPOSES, type PurposeSet, purposeBit } from '../consent/state.ts';
import type { GdprScope } from './gdpr-scope.ts';
import { OPTIONAL_SET } from './plain-reading.ts';
import { type DeviceUse, NO_VOTE, type SignalContext, type SignalReading, type SignalRule, type Vote } from './signal.ts';
import type { SignalOptions } from './signal-options.ts';
import { hasSpecialFeature, type TcDecoding, type TcString } from './tcf.ts';
import { findBasis, type TcBasis, type TcRecipient } from './tcf-basis.ts';
import { findTcVoid, type TcVoid } from './tcf-validity.ts';

export interface TcSource {
  readonly field: string;
  readonly decoding: TcDecoding;
  /** Whether a yes may rest on this source alone: not on a GPP section that `gpp_sid` does not name, and not on one entry of a batch. */
  readonly mayGrant: boolean;
}

/** A source, and why its yeses do not count, where they do not. */
interface JudgedSource {
  readonly source: TcSource;
  readonly voidReason: TcVoid | null;
}

function isOptedIn({ source, voidReason }: JudgedSource, featureId: number): boolean {
  return source.decoding.ok && voidReason === null && hasSpecialFeature(source.decoding, featureId);
}

/** The worst basis among the TCF purposes that a purpose of ours needs. */
function findWorstBasis(tc: TcString, needs: readonly number[], recipient: TcRecipient): TcBasis {
  let worst: TcBasis = 'consent';
  for (const purposeId of needs) {
    const basis = findBasis(tc, purposeId, recipient);
    if (basis === 'none') return 'none';
    if (basis === 'interest') worst = 'interest';
  }
  return worst;
}

function voteString(tc: TcString, rule: SignalRule, heard: PurposeSet, recipient: TcRecipient): Vote {
  let grants = 0;
  let denies = 0;
  for (const purpose of PURPOSES) {
    const bit = purposeBit(purpose);
    if ((heard & bit) === 0) continue;
    const basis = findWorstBasis(tc, rule.needs[purpose] ?? [], recipient);
    if (basis === 'consent') grants |= bit;
    else if (basis === 'none') denies |= bit;
  }
  return { grants, denies, unreadable: 0 };
}

/** Purposes that the rule lets a TC string speak about: a purpose that needs nothing would be granted by any string at all. */
function findHeard(rule: SignalRule): PurposeSet {
  let heard = 0;
  for (const purpose of PURPOSES) if ((rule.needs[purpose]?.length ?? 0) > 0) heard |= purposeBit(purpose);
  return heard & rule.covers & OPTIONAL_SET;
}

function describe(judged: readonly JudgedSource[], scope: GdprScope): string {
  if (scope === 'denied') return 'gdpr=0';
  for (const { source } of judged) if (!source.decoding.ok) return `unreadable: ${source.decoding.reason}`;
  for (const { voidReason } of judged) if (voidReason !== null) return `void: ${voidReason}`;
  return scope === 'contradictory' ? 'contradictory' : 'valid';
}

function nameFields(judged: readonly JudgedSource[]): string {
  const [first, ...others] = judged;
  if (first !== undefined && others.length === 0) return first.source.field;
  return [...new Set(judged.map(({ source }) => source.field))].join(', ');
}

class TcfReading implements SignalReading {
  readonly signal = 'tcf';
  readonly field: string;
  readonly said: string;
  readonly #judged: readonly JudgedSource[];
  readonly #scope: GdprScope;
  readonly #options: SignalOptions;

  constructor(judged: readonly JudgedSource[], scope: GdprScope, options: SignalOptions) {
    this.field = nameFields(judged);
    this.said = describe(judged, scope);
    this.#judged = judged;
    this.#scope = scope;
    this.#options = options;
  }

  /** Special features 1 and 2 need an opt-in of their own; a void or unreadable string holds none. */
  get forbids(): DeviceUse {
    const isOpen = this.#scope === 'denied';
    return {
      preciseLocation: !isOpen && !this.#judged.every((judged) => isOptedIn(judged, 1)),
      deviceScan: !isOpen && !this.#judged.every((judged) => isOptedIn(judged, 2)),
    };
  }

  vote(rule: SignalRule, context: SignalContext): Vote {
    if (this.#scope === 'denied') return NO_VOTE;
    const heard = findHeard(rule);
    const recipient: TcRecipient = {
      vendor: rule.vendorConsent ? context.tcfVendor : null,
      isPublisher: context.isPublisher === true && context.tcfVendor === null,
      gvl: this.#options.gvl,
    };
    const canGrant = rule.mayGrant && this.#scope !== 'contradictory' && this.#judged.some(({ source }) => source.mayGrant);
    let grants = canGrant ? heard : 0;
    let denies = 0;
    let unreadable = 0;
    for (const { source, voidReason } of this.#judged) {
      if (!source.decoding.ok) {
        unreadable = heard;
        grants = 0;
        continue;
      }
      const said = voteString(source.decoding, rule, heard, recipient);
      denies |= said.denies;
      grants &= voidReason === null ? said.grants : 0;
    }
    return rule.mayDeny ? { grants, denies, unreadable } : { grants, denies: 0, unreadable: 0 };
  }
}

/** `sources` holds one string at least; `now` in epoch milliseconds, null where nobody knows the time. */
export function createTcfReading(
  sources: readonly TcSource[],
  scope: GdprScope,
  options: SignalOptions,
  now: number | null,
): SignalReading {
  const judged = sources.map((source) => ({
    source,
    voidReason: source.decoding.ok ? findTcVoid(source.decoding, options, now) : null,
  }));
  return new TcfReading(judged, scope, options);
}
