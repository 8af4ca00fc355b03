/** Base64 and base64url that hold text: decoded for a look, encoded again in the alphabet and padding they came in. */
import { isUtf8 } from 'node:buffer';

/** A letter of either alphabet, or a space that was one: most values and whole bodies begin otherwise. */
const BEGINNING = /^[A-Za-z0-9+/_ -]/;
const SHAPE = /^[A-Za-z0-9+/_-]{8,}={0,2}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: text without control characters is what is looked for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

export interface Base64Bytes {
  readonly bytes: Buffer;
  encode(bytes: Buffer): string;
}

/** The bytes behind a value that is base64 or base64url as a whole (spaces read as `+`, the way forms mangle it), or null. */
export function readBase64(value: string): Base64Bytes | null {
  if (!BEGINNING.test(value)) return null;
  const text = value.indexOf(' ') >= 0 ? value.replaceAll(' ', '+') : value;
  if (!SHAPE.test(text)) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const symbols = text.length - padding;
  if (symbols % 4 === 1) return null;
  const url = text.indexOf('-') >= 0 || text.indexOf('_') >= 0;
  const padded = padding > 0 || symbols % 4 === 0;
  return {
    bytes: Buffer.from(text, 'base64'),
    encode(bytes) {
      const standard = bytes.toString('base64');
      const alphabet = url ? standard.replaceAll('+', '-').replaceAll('/', '_') : standard;
      return padded ? alphabet : alphabet.replace(/=+$/, '');
    },
  };
}

/** Bytes as text where they are UTF-8 without control characters, else null. */
export function readText(bytes: Buffer): string | null {
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  return CONTROL.test(text) ? null : text;
}
