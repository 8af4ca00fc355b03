/**
 * Bits of a base64url text, most significant first, as the IAB strings are laid out (TCF consent string format; GPP core, "Encoding").
 * Reads never leave the text: a read past the end yields 0 and sets `failure`, which stays set, so that a decoder
 * may read on and ask once. Every loop whose length comes out of the string has to ask inside.
 */

/** Six-bit value by character code; -1 for what is no character of base64url (RFC 4648, § 5; no padding in IAB strings). */
const SIX_BITS = new Int8Array(128).fill(-1);
for (const [value, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].entries()) {
  SIX_BITS[char.charCodeAt(0)] = value;
}

/** Value of the character at `index`, or -1 where it is none of base64url or lies outside the text. */
export function sixBitsAt(text: string, index: number): number {
  return SIX_BITS[text.charCodeAt(index)] ?? -1;
}

/** Whether `text` from `from` to `to` (exclusive) is base64url and not empty. */
export function isBase64Url(text: string, from = 0, to = text.length): boolean {
  for (let i = from; i < to; i++) {
    if ((SIX_BITS[text.charCodeAt(i)] ?? -1) < 0) return false;
  }
  return to > from;
}

/** The bit at `bit` of `text`, counted from its first character. The caller has checked the bounds. */
export function bitAt(text: string, bit: number): boolean {
  const char = Math.floor(bit / 6);
  return ((sixBitsAt(text, char) >> (5 - (bit - char * 6))) & 1) === 1;
}

export class BitReader {
  readonly text: string;
  /** Bit at which the next read begins, counted from the first character of the whole text. */
  at: number;
  readonly end: number;
  /** Why reading failed, or null: the text ended too early, or a value is outside of what its field may say. */
  failure: 'truncated' | 'out-of-range' | null = null;

  /** Reads `text` from character `from` to `to` (exclusive), which has to be base64url: see {@link isBase64Url}. */
  constructor(text: string, from = 0, to = text.length) {
    this.text = text;
    this.at = from * 6;
    this.end = to * 6;
  }

  get failed(): boolean {
    return this.failure !== null;
  }

  /** The next `count` bits as an unsigned number; `count` up to 48. */
  read(count: number): number {
    if (count > this.end - this.at) return this.fail('truncated');
    let char = Math.floor(this.at / 6);
    let inChar = 6 - (this.at - char * 6);
    this.at += count;
    let wanted = count;
    let value = 0;
    while (wanted > 0) {
      const taken = Math.min(wanted, inChar);
      const bits = (sixBitsAt(this.text, char) >> (inChar - taken)) & ((1 << taken) - 1);
      value = value * (1 << taken) + bits;
      wanted -= taken;
      char++;
      inChar = 6;
    }
    return value;
  }

  readFlag(): boolean {
    return this.read(1) === 1;
  }

  /** Passes over `count` bits without looking at them. */
  skip(count: number): void {
    if (count > this.end - this.at) this.fail('truncated');
    else this.at += count;
  }

  /** Ends the reading; the first reason stays. */
  fail(reason: 'truncated' | 'out-of-range' = 'out-of-range'): 0 {
    this.failure ??= reason;
    this.at = this.end;
    return 0;
  }
}
