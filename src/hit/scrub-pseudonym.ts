/** Pseudonyms in the form that a collector accepts for an id. */
import { createHash } from 'node:crypto';
import type { FieldRule } from '../vendors/profile.ts';

/**
 * `text`: as it is · `number`: up to 15 digits · `hex16`, `hex32`: hex digits · `uuid`: version 8 (RFC 9562 § 5.8) · `ga`: two numbers joined by a dot ·
 * `none`: the collector takes no pseudonym.
 */
export function shapePseudonym(pseudonym: string, shape: Exclude<FieldRule['shape'], 'none'>): string {
  if (shape === 'text') return pseudonym;
  const hex = createHash('sha256').update(pseudonym).digest('hex');
  if (shape === 'number') return String(Number.parseInt(hex.slice(0, 12), 16));
  if (shape === 'hex16') return hex.slice(0, 16);
  if (shape === 'hex32') return hex.slice(0, 32);
  if (shape === 'uuid')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `${Number.parseInt(hex.slice(0, 8), 16)}.${Number.parseInt(hex.slice(8, 16), 16)}`;
}
