/**
 * Whether the hit says that the GDPR applies to it (`gdpr`, beside `gpp_sid`), and what that does to a TC string.
 *
 * The place decides which policy answers; a hit cannot talk itself out of it. So `gdpr=0` does not allow anything: it only
 * takes the TC string away. The sender says that the string is not meant, so its yeses are nobody's consent, and its noes are
 * no objection that anybody made; an opt-in policy then finds silence where it needs a yes, and an opt-out policy does not hear
 * TC strings in the first place. Where the hit contradicts itself, or says something unknown, the string's noes count and its
 * yeses do not. Without any word the policy that hears TC strings decides, as in Prebid's ambiguous case.
 */
import type { Carried } from './carried.ts';
import type { GppSid } from './gpp-sid.ts';

export type GdprScope = 'applies' | 'unsaid' | 'denied' | 'contradictory';

/** Section of the TC string in a GPP string. */
export const TCF_EU_SECTION = 2;

/** What one value of `gdpr` says: `0`, `1`, nothing, or something that it may not say. */
export function readGdprParam(value: string): 'yes' | 'no' | 'ambiguous' | 'error' {
  switch (value.trim()) {
    case '':
      return 'ambiguous';
    case '0':
      return 'no';
    case '1':
      return 'yes';
    default:
      return 'error';
  }
}

export function readGdprScope(values: readonly Carried[], sid: GppSid): GdprScope {
  const namesSection = sid.named.has(TCF_EU_SECTION);
  let saysYes = namesSection;
  let saysNo = false;
  for (const { value } of values) {
    const word = readGdprParam(value);
    if (word === 'error') return 'contradictory';
    if (word === 'yes') saysYes = true;
    else if (word === 'no') saysNo = true;
  }
  if (saysNo) return saysYes ? 'contradictory' : 'denied';
  return saysYes ? 'applies' : 'unsaid';
}
