/** Which values of identifying fields the guard looks for, in which form, and which of their parts. */
import { describe, expect, it } from 'vitest';
import { isSecret, secretParts, trimSecret } from '../../../src/hit/scrub-secrets.ts';

const RANDOM = '9f8e7d6c5b4a3928';

describe('isSecret', () => {
  it.each([
    // Too short to look for, whatever it is.
    ['', false, false],
    ['ab', false, false],
    // Up to five characters count where the class is known, unless they are a bare number.
    ['abc', false, true],
    ['abcde', false, true],
    ['a12', false, true],
    ['12a', false, true],
    ['1.2', false, true],
    ['123', false, false],
    ['12345', false, false],
    // From six bytes on everything counts, a number too.
    ['王小明', true, true],
    ['Łódź', true, true],
    ['Zoë', false, true],
    ['———', false, true],
    ['abcdef', true, true],
    ['123456', true, true],
    ['anna@example.com', true, true],
    // The same character all over is nobody, unless it is long.
    ['000000', false, false],
    ['xxxxxxxxxxxx', false, false],
    ['xxxxxxxxxxxxx', true, true],
    ['xxxxxy', true, true],
    ['yxxxxx', true, true],
    ['xxyxxx', true, true],
    // Not quite the nil id.
    ['00000000-0000-0000-0000-000000000001', true, true],
    ['undefined7', true, true],
    ['null '.repeat(8), true, true],
  ])('%j: %s, of a known class %s', (value, isUnknownSecret, isKnownSecret) => {
    expect(isSecret(value, false)).toBe(isUnknownSecret);
    expect(isSecret(value, true)).toBe(isKnownSecret);
  });

  const constants =
    'undefined null none true false unknown anonymous empty not_set n/a 00000000-0000-0000-0000-000000000000 0.0.0.0 ' +
    '255.255.255.255 127.0.0.1 ::1 $remote {{auto}} redacted [redacted] (redacted) optout opt-out granted denied accepted rejected ' +
    'dismiss allow deny accept reject cookie_1 noapi';

  it.each(constants.split(' '))('%s stands for no value, in any case of its letters', (constant) => {
    expect(isSecret(constant, true)).toBe(false);
    expect(isSecret(constant.toUpperCase(), true)).toBe(false);
  });
});

describe('trimSecret', () => {
  it.each([
    ['anna77', 'anna77'],
    ['', ''],
    ['"', '"'],
    ['"anna77"', 'anna77'],
    [' anna77', 'anna77'],
    ['anna77\t', 'anna77'],
    [' "anna77" ', 'anna77'],
    ['"an"na77"', 'an"na77'],
    ['"an\nna77"', 'an\nna77'],
    // A quote of its own is a part of the value.
    ['"anna77', '"anna77'],
    ['anna77"', 'anna77"'],
    ['x"anna77"', 'x"anna77"'],
    ['"anna77"x', '"anna77"x'],
    ['!anna77!', '!anna77!'],
    // Quotes and a space that does not break.
    ['"anna77"\u00a0', 'anna77'],
    ['\u00a0"anna77"', 'anna77'],
    // Only the first 512 characters are looked for.
    ['x'.repeat(512), 'x'.repeat(512)],
    [`${'x'.repeat(512)}y`, 'x'.repeat(512)],
    [`"${'x'.repeat(510)}"y`, 'x'.repeat(510)],
  ])('%j becomes %j', (raw, value) => {
    expect(trimSecret(raw)).toBe(value);
  });
});

describe('secretParts', () => {
  it.each([
    ['anna77', []],
    ['', []],
    // A mailbox that names somebody; not one that is a role, one word, or short.
    ['anna.muster@example.com', ['anna.muster']],
    ['anna-m@example.com', ['anna-m']],
    ['annamuster77@mail.example.com', ['annamuster77']],
    ['annam@example.com', []],
    ['annamuster@example.com', []],
    ['a.must@example', []],
    ['no-reply@example.com', []],
    ['customer_service@example.com', []],
    ['Dear anna.muster@example.com', []],
    // A phone number is written without its plus, too.
    ['+491701234567', ['491701234567']],
    ['+abc', ['abc']],
    ['49+1701234567', []],
    // A client id of Google Analytics without what stands before it.
    ['GA1.1.123456.789012', ['123456.789012']],
    ['GA1.1.1234567890.1234567890', ['1234567890.1234567890']],
    ['GA1.1.1234567899.1234567899', ['1234567899.1234567899']],
    ['.123456.789012', ['123456.789012']],
    ['x.123456.789012', ['123456.789012']],
    ['GA1.1.12345.789012', []],
    ['GA1.1.123456.78901', []],
    ['GA1.1.12345678901.789012', []],
    ['GA1.1.123456.78901234567', []],
    ['GA1.1.x123456.789012', []],
    ['GA1.1.123456.789012.3', []],
    ['GA1.1.123456.789012x', []],
    ['GA1.1.123456-789012', []],
    // By itself it has no parts.
    ['123456.789012', []],
    ['1234567.8901234', []],
    // Random parts of 16 characters and more, in values of more than 20, in their order.
    [`abc.${RANDOM}`, []],
    [`abcd.${RANDOM}`, [RANDOM]],
    [`${RANDOM}.abcd`, [RANDOM]],
    [`ab.${RANDOM}.cd`, [RANDOM]],
    [`abcdef.${RANDOM.slice(1)}`, []],
    ['abcd.wordsofnobodyatall', []],
    [`${RANDOM}.abc.1${RANDOM}`, [RANDOM, `1${RANDOM}`]],
    [`GA1.${RANDOM}.123456.789012`, ['123456.789012', RANDOM]],
    ['fb.1.1790000002345.IwAR0aBcDeFgHiJ9k8L7', ['IwAR0aBcDeFgHiJ9k8L7']],
    // Without a separator there are no parts, and letters beyond ASCII are none.
    [`${RANDOM}${RANDOM}`, []],
    [`abcd.${RANDOM}é`, [`${RANDOM}é`]],
    [`abcd-${RANDOM}`, []],
    [`abcd_${RANDOM}`, []],
  ])('%j: %j', (value, parts) => {
    expect(secretParts(value)).toEqual(parts);
  });

  it.each([...'.|:&=;,~$!* '])('%j separates parts', (separator) => {
    expect(secretParts(`abcd${separator}${RANDOM}${separator}xyz`)).toEqual([RANDOM]);
  });
});
