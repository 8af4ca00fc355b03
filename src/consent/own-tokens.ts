/** What Consentry itself signs, and how it is told in a text: no collector gets any of it, wherever a page or a proxy put it. */

/** `typ` of the header: what a token is for. */
export const TOKEN_TYPES = {
  cookie: 'consent+jwt',
  refusal: 'refusal+jwt',
  token: 'site+jwt',
  receipt: 'consent-receipt+jwt',
  bearer: 'bearer+jwt',
} as const;

/** jsonwebtoken writes `alg` before `typ`. Whole characters of base64url only: the next one depends on the key's name. */
function beginOf(kind: keyof typeof TOKEN_TYPES): string {
  const header = Buffer.from(`{"alg":"${kind === 'receipt' ? 'ES256' : 'HS256'}","typ":"${TOKEN_TYPES[kind]}`);
  return header.toString('base64url').slice(0, Math.floor((header.length * 4) / 3));
}

/** How each of them begins, which is the same under every key. */
export const OWN_TOKENS: readonly { readonly kind: string; readonly begin: string }[] = (
  Object.keys(TOKEN_TYPES) as (keyof typeof TOKEN_TYPES)[]
).map((kind) => ({ kind, begin: beginOf(kind) }));

/** `{"alg":`, with which all of them begin, and those of others. */
export const TOKEN_BEGIN = 'eyJhbGciOi';

/** Whether a text may hold one as it is written. */
export function mayHoldOwnToken(text: string): boolean {
  return text.includes(TOKEN_BEGIN);
}

export function holdsOwnToken(text: string): boolean {
  return mayHoldOwnToken(text) && OWN_TOKENS.some(({ begin }) => text.includes(begin));
}
