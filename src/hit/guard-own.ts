/**
 * The guard's look for what is Consentry's own: the subject, tokens and receipts never leave, whatever the decision allows. Most hits hold
 * nothing like it, which is told without decoding; the others are searched in every encoding.
 */
import { mayHoldOwnToken, OWN_TOKENS } from '../consent/own-tokens.ts';
import { guardHit } from './guard.ts';
import type { GuardOutcome, OutgoingHit, Secret } from './outgoing.ts';

const TOKENS: readonly Secret[] = OWN_TOKENS.map(({ kind, begin }) => ({ place: `own:${kind}`, value: begin }));
const CLEAN: GuardOutcome = { ok: true };
/** No subject and no token is shorter, and most headers are. */
const SHORTEST = 22;

function mayHoldOwn(text: string | Buffer, subject: string | null): boolean {
  return mayHoldOwnToken(text) || (subject !== null && text.includes(subject));
}

function mayHitHoldOwn({ target, headers, body }: OutgoingHit, subject: string | null): boolean {
  if (mayHoldOwn(target, subject)) return true;
  for (let i = 1; i < headers.length; i += 2) {
    const value = headers[i] as string;
    if (value.length >= SHORTEST && mayHoldOwn(value, subject)) return true;
  }
  // What begins with no letter of a text is compressed, and tells nothing from outside.
  return body !== null && body.length > 0 && (isBinary(body) || mayHoldOwn(body, subject));
}

function isBinary(body: Buffer): boolean {
  const first = body[0] as number;
  return first > 0x7e || (first < 0x20 && first !== 0x09 && first !== 0x0a && first !== 0x0d);
}

/**
 * @param subject the visitor's, or null
 * @param hasToken whether the hit came with a token: then its page holds one, and may have written it anywhere
 */
export function guardOwn(hit: OutgoingHit, subject: string | null, hasToken: boolean): GuardOutcome {
  if (!hasToken && !mayHitHoldOwn(hit, subject)) return CLEAN;
  const found = guardHit(hit, subject === null ? TOKENS : [...TOKENS, { place: 'own:subject', value: subject }]);
  // A body that is too large to be looked into is forbidden only where something was taken out of it.
  return found.ok || found.find.part === 'unreadable' ? CLEAN : found;
}
