/** One cheap pass over a text that tells which patterns it can hold at all: most texts hold none, and no pattern is tried on them. */

export const HAS_AT = 1;
/** At least seven digits, or dots and digits enough for an address. */
export const HAS_DIGITS = 2;
export const HAS_DOTS = 4;
export const HAS_COLONS = 8;
/** At least 16 letters, digits, `_` or `-` in a row. */
export const HAS_TOKEN = 16;
export const HAS_ESCAPE = 32;
export const HAS_BACKSLASH = 64;
/** At least 8 characters of base64 in a row. */
export const HAS_RUN = 128;
/** At least 16 hexadecimal digits in a row. */
export const HAS_HEX = 256;
/** `&` and `;`, as around the name or number of a character in HTML. */
export const HAS_ENTITY = 512;

const RUN = 1;
const TOKEN = 2;
const HEX = 4;
const DIGIT = 8;

const KINDS = new Uint8Array(128);
for (let code = 48; code < 58; code++) KINDS[code] = RUN | TOKEN | HEX | DIGIT;
for (let code = 65; code < 91; code++) KINDS[code] = RUN | TOKEN | (code < 71 ? HEX : 0);
for (let code = 97; code < 123; code++) KINDS[code] = RUN | TOKEN | (code < 103 ? HEX : 0);
KINDS[45] = RUN | TOKEN;
KINDS[95] = RUN | TOKEN;
KINDS[43] = RUN;
KINDS[47] = RUN;

export function shapeOf(text: string): number {
  let shape = 0;
  let digits = 0;
  let dots = 0;
  let colons = 0;
  let isOpen = false;
  let run = 0;
  let token = 0;
  let hex = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? (KINDS[code] as number) : 0;
    if (kind === 0) {
      run = 0;
      token = 0;
      hex = 0;
      if (code === 64 || code === 0xff20) shape |= HAS_AT;
      else if (code === 46) dots++;
      else if (code === 58) colons++;
      else if (code === 38) isOpen = true;
      else if (code === 59 && isOpen) shape |= HAS_ENTITY;
      else if (code === 37) shape |= HAS_ESCAPE;
      else if (code === 92) shape |= HAS_BACKSLASH;
      continue;
    }
    if (++run === 8) shape |= HAS_RUN;
    if ((kind & TOKEN) === 0) token = 0;
    else if (++token === 16) shape |= HAS_TOKEN;
    if ((kind & HEX) === 0) hex = 0;
    else if (++hex === 16) shape |= HAS_HEX;
    if ((kind & DIGIT) !== 0) digits++;
  }
  if (digits >= 7) shape |= HAS_DIGITS;
  if (dots >= 3 && digits >= 4) shape |= HAS_DOTS;
  if (colons >= 2) shape |= HAS_COLONS;
  return shape;
}
