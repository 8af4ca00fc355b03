/** Pseudonyms of the day: a keyed hash, still personal data while its key lives (EDPB Guidelines 01/2025), never called anonymous. */
import { createHmac } from 'node:crypto';

/** Whom a pseudonym is for: the same id reads differently at every site and every collector, so that nobody can join them. */
export interface PseudonymScope {
  readonly site: string;
  readonly collector: string;
}

/**
 * HMAC-SHA-256 with the key of a day over site, collector and value, cut to 128 bits, base64url (22 characters). The lengths of the parts are hashed with
 * them, so that no two scopes meet. Who keeps the keys destroys them after 48 hours.
 */
export function createPseudonymizer(dayKey: Buffer, scope: PseudonymScope): (value: string) => string {
  const prefix = `${scope.site.length}:${scope.site}${scope.collector.length}:${scope.collector}`;
  return (value) => createHmac('sha256', dayKey).update(prefix).update(value).digest('base64url').slice(0, 22);
}
