/**
 * Google's Additional Consent string: ad technology providers that are not on the IAB's vendor list. Version 1 `1~1.35.41`,
 * version 2 `2~1.35.41~dv.9.21.81`, with the providers that were disclosed and not consented (Google, "Additional Consent
 * technical specification").
 */
import { type Found, foundOf } from './carried.ts';
import { createReading, createUnreadable, OPTIONAL_SET } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';

export type AcDecoding =
  | {
      readonly ok: true;
      readonly version: number;
      readonly consented: readonly number[];
      /** Null in version 1, which does not tell. */
      readonly disclosed: readonly number[] | null;
    }
  | { readonly ok: false; readonly reason: 'empty' | 'too-long' | 'version' | 'form' };

const MAX_CHARS = 16_384;
const IDS = /^\d{1,7}(?:\.\d{1,7})*$/;

function parseIds(text: string): number[] | null {
  if (text === '') return [];
  return IDS.test(text) ? text.split('.').map(Number) : null;
}

export function decodeAdditionalConsent(text: string): AcDecoding {
  if (text === '') return { ok: false, reason: 'empty' };
  if (text.length > MAX_CHARS) return { ok: false, reason: 'too-long' };
  const [version, ids, disclosed, ...rest] = text.split('~', 5);
  if (version !== '1' && version !== '2') return { ok: false, reason: 'version' };
  const consented = ids === undefined ? null : parseIds(ids);
  if (consented === null || rest.length > 0) return { ok: false, reason: 'form' };
  if (version === '1')
    return disclosed === undefined ? { ok: true, version: 1, consented, disclosed: null } : { ok: false, reason: 'form' };
  if (disclosed !== 'dv' && !disclosed?.startsWith('dv.')) return { ok: false, reason: 'form' };
  const shown = parseIds(disclosed.slice(3));
  return shown === null ? { ok: false, reason: 'form' } : { ok: true, version: 2, consented, disclosed: shown };
}

/**
 * An AC string is worth nothing without a TC string, so it never grants. It denies where providers were shown and none was
 * consented to: that is a refusal of all of them.
 */
export function readAdditionalConsent(found: Found): SignalReading | null {
  const values = foundOf(found, 'addtl_consent');
  const first = values[0];
  if (first === undefined) return null;
  const decodings = values.map(({ value }) => decodeAdditionalConsent(value));
  if (decodings.some((ac) => !ac.ok)) return createUnreadable('additional-consent', first.field);
  const isRefusal = decodings.some((ac) => ac.ok && ac.consented.length === 0 && (ac.disclosed?.length ?? 0) > 0);
  return createReading('additional-consent', first.field, isRefusal ? 'none consented' : 'consents', {
    denies: isRefusal ? OPTIONAL_SET : 0,
  });
}
