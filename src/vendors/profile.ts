/** What a vendor's hits carry, compiled from `policies/vendors/*.yaml`. Data about a tracker, no code of its own. */
import type { Purpose, PurposeSet } from '../consent/state.ts';
import type { CarrierClass } from '../privacy/report.ts';
import type { PreparedAnswer } from './prepared-answer.ts';
import type { ValueType } from './value-types.ts';

/** Relation of the recipient to the site, for `Consentry-Decision` and for exemptions. */
export type Recipient = 'own' | 'processor' | 'third-party';

/** What a value of a field is made of, where it is a container itself. */
export type Holding = 'json' | 'query' | 'hit';

/** One declared field, cookie or header. */
export interface FieldRule {
  readonly class: CarrierClass;
  /** Position in `PURPOSES` of the purpose that it serves. */
  readonly purpose: number;
  /** Form that a value must have to stay in an anonymized hit; null for classes whose treatment needs none. */
  readonly type: ValueType | null;
  /** Values of an `enum`. */
  readonly values: ReadonlySet<string> | null;
  /** Forms of an account id, as texts that a `*` ends. */
  readonly like: readonly string[] | null;
  /** Constant that stands in for a removed value where the collector wants one. */
  readonly placeholder: string | null;
  /** Value is JSON or a query (also in base64), or a whole hit of the vendor; null for a plain value. */
  readonly holds: Holding | null;
  /** Name under which the fields inside a container are declared. */
  readonly as: string | null;
  /** Form of the pseudonym that the collector accepts. */
  readonly shape: 'text' | 'number' | 'hex16' | 'hex32' | 'uuid' | 'ga' | 'none';
  /** Without it the collector refuses the hit. */
  readonly isRequired: boolean;
}

/** Fields that a hit has to carry where a purpose is not forwarded and the hit goes all the same: the vendor's restricted mode. */
export interface Restriction {
  /** Position in `PURPOSES`. */
  readonly without: number;
  /** The fields stand beside this one, in whichever carrier it is. */
  readonly beside: string;
  /** Overrides what came. A value may name a code of the place or of the decision: `{country}`, `{state}`, `{gcs}`. */
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Added where it is not there. */
  readonly add: readonly (readonly [name: string, value: string])[];
  /** All of them as JSON texts, for objects. */
  readonly json: ReadonlyMap<string, string>;
}

export interface VendorProfile {
  readonly name: string;
  /** The gate of a route that names none: the purposes that the hit as a whole serves; empty for `generic`. */
  readonly purposes: readonly Purpose[];
  /** Every purpose that the profile names: its gate, its fields, its cookies. */
  readonly named: PurposeSet;
  readonly recipient: Recipient;
  /**
   * Answer to a dropped hit that the vendor's script takes for success, so that it does not hoard the hit and send it later; null for
   * what the route's `respond` says.
   */
  readonly dropped: PreparedAnswer | null;
  /** Whether a consent object may stand in the body, which has to be read for the signals then. */
  readonly consentInBody: boolean;
  /** Whether a canonical path is an endpoint of the vendor; such a path is never passed as a static file. */
  isEndpoint(path: string): boolean;
  /** Whether the hits of a path cannot be anonymized (recordings of a screen, sealed bodies). */
  isOpaque(path: string): boolean;
  /** Purpose of a cookie that the collector sets or reads; null where the profile does not declare it. */
  cookiePurpose(name: string): Purpose | null;
  /** Position in `PURPOSES` of the purpose that needs the client address; null where the profile does not say. */
  readonly addressPurpose: number | null;
  /** Position in `PURPOSES` of the purpose of click ids in page addresses; null where the profile does not say. */
  readonly clickIdPurpose: number | null;
  /** The rule of a field by its name or path (array positions left out), or of the nearest container above it. */
  field(path: string): FieldRule | null;
  /** Whether a field is declared by that very name, not by a pattern or a container above it. */
  isDeclared(path: string): boolean;
  /** Whether a declared field lies at or below a path. */
  hasFieldsBelow(path: string): boolean;
  cookie(name: string): FieldRule | null;
  /** By lower-case name. */
  header(name: string): FieldRule | null;
  /** How the profile's file writes the name of a field, cookie or header; null where it does not declare it. */
  declaredName(carrier: string, name: string): string | null;
  /** Whether fields below a path are named as if they stood at the top: a batch. */
  isBatch(path: string): boolean;
  /** Whether the objects at a path say by their `schema` what their `data` is. */
  isEntity(path: string): boolean;
  /** Whether the profile names fields without one of which the collector refuses a hit. */
  readonly isAnyRequired: boolean;
  readonly restrictions: readonly Restriction[];
}
