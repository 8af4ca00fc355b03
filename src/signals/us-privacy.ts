/**
 * The US Privacy String of the IAB (CCPA Compliance Framework, "US Privacy String"): four characters, `1`, notice given, opted
 * out of sale, covered by the LSPA; each of the last three `Y`, `N` or `-`. Upper case only.
 */

export interface UspString {
  readonly ok: true;
  readonly notice: string;
  readonly optOutSale: string;
  readonly lspa: string;
  /** `1---`: the CCPA does not apply. */
  readonly ccpaApplies: boolean;
}
export type UspDecoding =
  | UspString
  | { readonly ok: false; readonly reason: 'empty' | 'length' | 'version' | 'character' | 'opt-out-open' };

export function decodeUsp(text: string): UspDecoding {
  if (text === '') return { ok: false, reason: 'empty' };
  if (text.length !== 4) return { ok: false, reason: 'length' };
  if (text[0] !== '1') return { ok: false, reason: 'version' };
  for (let i = 1; i < 4; i++) if (!'YN-'.includes(text[i] as string)) return { ok: false, reason: 'character' };
  const ccpaApplies = text !== '1---';
  // An open third character beside answers is no answer to the one question that the string is for.
  if (ccpaApplies && text[2] === '-') return { ok: false, reason: 'opt-out-open' };
  return { ok: true, notice: text[1] as string, optOutSale: text[2] as string, lspa: text[3] as string, ccpaApplies };
}
