/** Bytes of a request to a JSON value, strictly: nothing that two readers could read in two ways gets through. */

/** Nothing that a banner says is deeper; recursive readers further on are safe below it. */
const MAX_DEPTH = 16;

export type BodyReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: 'empty' | 'not-utf8' | 'not-json' | 'too-deep' };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function readJsonBody(bytes: Buffer): BodyReading {
  if (bytes.length === 0) return { ok: false, problem: 'empty' };
  let text: string;
  try {
    // Lenient decoding turns every broken byte into U+FFFD and two different identifiers into one.
    text = utf8.decode(bytes);
  } catch {
    return { ok: false, problem: 'not-utf8' };
  }
  if (text.trim() === '') return { ok: false, problem: 'empty' };
  if (isDeeperThan(text, MAX_DEPTH)) return { ok: false, problem: 'too-deep' };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, problem: 'not-json' };
  }
}

/** Counts brackets outside strings, before anything is built from them. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isInString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
