/**
 * Fibonacci-coded integers and ranges, as the header of a GPP string has them (GPP core, "Fibonacci encoding deep-dive").
 * A word ends at its first two set bits in a row. Fourteen characters can announce a range of 10⁹ ids, so a range is
 * never written out here and every value has a bound.
 */
import type { BitReader } from './bits.ts';

/** The next code word; fails the reader where the value is above `max` or the word does not end. */
export function readFibonacci(reader: BitReader, max: number): number {
  let value = 0;
  let weight = 1;
  let nextWeight = 2;
  let lastWasSet = false;
  while (!reader.failed) {
    const isSet = reader.readFlag();
    if (isSet && lastWasSet) return value > max ? reader.fail() : value;
    // No bit of a value up to `max` weighs more than `max`: a longer word is refused before it is read to its end.
    if (weight > max) return reader.fail();
    if (isSet) value += weight;
    lastWasSet = isSet;
    [weight, nextWeight] = [nextWeight, weight + nextWeight];
  }
  return 0;
}

/** Pairs `[first, last]` of ids, ascending, none above `maxId`; a 12-bit count, then offsets from the id before. */
export function readFibonacciRanges(reader: BitReader, maxId: number): readonly (readonly [number, number])[] {
  const count = reader.read(12);
  const ranges: [number, number][] = [];
  let last = 0;
  for (let i = 0; i < count && !reader.failed; i++) {
    const isRange = reader.readFlag();
    const first = last + readFibonacci(reader, maxId);
    last = isRange ? first + readFibonacci(reader, maxId) : first;
    if (last > maxId) reader.fail();
    ranges.push([first, last]);
  }
  return reader.failed ? [] : ranges;
}
