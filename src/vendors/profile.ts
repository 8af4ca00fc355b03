/** What a vendor's hits carry, compiled from `policies/vendors/*.yaml`. Data about a tracker, no code of its own. */
import type { Purpose, PurposeSet } from '../consent/state.ts';

/** An answer that the vendor's script takes for success, so that it does not hoard a dropped hit and send it later. */
export interface DroppedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Relation of the recipient to the site, for `Consentry-Decision` and for exemptions. */
export type Recipient = 'own' | 'processor' | 'third-party';

export interface VendorProfile {
  readonly name: string;
  /** The gate of a route that names none: the purposes that the hit as a whole serves; empty for `generic`. */
  readonly purposes: readonly Purpose[];
  /** Every purpose that the profile names: its gate, its fields, its cookies. */
  readonly named: PurposeSet;
  readonly recipient: Recipient;
  /** Answer to a dropped hit, or null for what the route's `respond` says. */
  readonly dropped: DroppedAnswer | null;
  /** Whether a consent object may stand in the body, which has to be read for the signals then. */
  readonly consentInBody: boolean;
  /** Whether a canonical path is an endpoint of the vendor; such a path is never passed as a static file. */
  isEndpoint(path: string): boolean;
}
