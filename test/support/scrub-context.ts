/** Contexts of one hit for a small profile of a test's own, and what was gathered in them as short lines. */
import { FoundSecret, ScrubContext } from '../../src/hit/scrub-context.ts';
import { searcherFor } from '../../src/privacy/search.ts';
import { readProfile } from '../../src/vendors/load.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { type RequestOptions, scrubRequest } from './scrub.ts';

/** A profile from its text, less the lines that all profiles share. */
export function compileSmall(text: string, purposes = 'analytics'): VendorProfile {
  const head = `schema: 1\nvendor: small\ntitle: Small\nrecipient: third-party\npurposes: [${purposes}]\n`;
  const result = readProfile('small.yaml', head + text);
  if (!result.ok) throw new Error(result.errors.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return result.profile;
}

/** A context of a hit whose client has no address, so that all it gathers comes from the test. */
export function contextOf(profile: VendorProfile, options: RequestOptions = {}, banned: readonly string[] = []): ScrubContext {
  const request = { ...scrubRequest(profile, { target: '/' }, options), clientAddress: null };
  const secrets = banned.map((value) => new FoundSecret('', '', 'direct', value));
  return new ScrubContext(request, banned.length === 0 ? null : searcherFor(secrets));
}

/** The report, one line for each entry. */
export function reportOf({ report }: ScrubContext): string[] {
  return report.map(({ place, class: carrier, deed }) => `${place} ${carrier} ${deed}`);
}

/** What the guard will look for, one line for each value. */
export function secretsOf({ secrets }: ScrubContext): string[] {
  return secrets.map(({ place, class: carrier, value }) => `${place} ${carrier} ${value}`);
}
