/** What scrubbing one hit knows and gathers on its way through the carriers. */
import type { Action } from '../consent/state.ts';
import type { AnonymizeRules } from '../policy/policy.ts';
import { maskAddress } from '../privacy/ip.ts';
import { type CarrierClass, type Deed, labelOf, noteOf, type ScrubEntry } from '../privacy/report.ts';
import type { Searcher } from '../privacy/search.ts';
import { TextList } from '../privacy/text-list.ts';
import type { FieldRule, VendorProfile } from '../vendors/profile.ts';
import type { ScrubRefusal, ScrubRequest } from './outgoing.ts';
import { planFor, type ScrubPlan } from './scrub-plan.ts';
import { isSecret, secretParts, trimSecret } from './scrub-secrets.ts';

/** An identifier that was removed, with its class. */
export class FoundSecret {
  readonly value: string;
  readonly class: CarrierClass;
  private readonly where: string;
  private readonly name: string;

  constructor(where: string, name: string, carrier: CarrierClass, value: string) {
    this.where = where;
    this.name = name;
    this.class = carrier;
    this.value = value;
  }

  /** Put together only for the alarm: nearly nobody asks for it. */
  get place(): string {
    return this.where + labelOf(this.name);
  }
}

export const LIMITS = {
  /** Nesting of JSON and of encodings in each other. */
  depth: 16,
  /** Fields and members of a whole hit. */
  count: 10_000,
  /** Target, headers and body, decompressed, each. */
  bytes: 1 << 20,
  /** A single value: of longer texts and addresses nothing stays, and only the first part is searched. */
  valueLength: 8192,
} as const;

const IDENTIFYING: ReadonlySet<CarrierClass> = new Set(['direct', 'online-id', 'click-id', 'ip']);

/** Whether values of a class say who somebody is. */
export function isIdentifying(carrier: CarrierClass): boolean {
  return IDENTIFYING.has(carrier);
}

export class ScrubContext {
  readonly request: ScrubRequest;
  readonly profile: VendorProfile;
  readonly rules: AnonymizeRules;
  /** The whole hit is anonymized; else only what is forbidden is removed. */
  readonly isAnonymized: boolean;
  readonly plan: ScrubPlan;
  /** The client address as the collector may learn it, or null. */
  readonly address: string | null;
  /** Values that are kept nowhere, because an earlier pass found them to be identifiers. */
  readonly banned: Searcher | null;
  /** Prefix of the places of what is looked at: `query:`, `body:$.`. */
  where = '';
  depth = 0;
  count = 0;
  /** How often an identifier was met, whether it was known already or not. */
  identifiers = 0;
  refusal: ScrubRefusal | null = null;
  hasRequired = false;
  /** A document in a field, a packed body or `+` for spaces: what stays is written in encodings that the guard may not read. */
  isWrapped = false;
  /** Lines of JSON: lengths that they tell of each other are no longer true. */
  isNdjson = false;
  readonly report: ScrubEntry[] = [];
  readonly secrets: FoundSecret[] = [];
  /** Values that stay although the site chose them: an identifier found elsewhere may be in them. */
  readonly kept: string[] = [];
  private readonly seen = new TextList();
  private readonly searched = new TextList();

  constructor(request: ScrubRequest, banned: Searcher | null) {
    this.request = request;
    this.profile = request.profile;
    this.rules = request.anonymize;
    this.isAnonymized = request.action === 'anonymize';
    this.plan = planFor(request);
    this.banned = banned;
    const { clientAddress } = request;
    this.address = clientAddress === null ? null : this.reduceAddress(clientAddress);
    // The client address is an identifier like any other, unless the collector may learn it as it is.
    if (clientAddress !== null && this.address !== clientAddress) this.addSecret('address', 'ip', clientAddress, true);
  }

  /** The address belongs to the purpose that the profile says, else to the strictest. */
  private reduceAddress(address: string): string | null {
    const action = this.plan.actionOfPurpose(this.profile.addressPurpose);
    if (action === 'drop') return null;
    if (action === 'forward' && !this.isAnonymized) return address;
    return this.rules.ip === 'drop' ? null : maskAddress(address, this.rules.ip);
  }

  actionOf(rule: FieldRule | null): Action {
    return rule === null ? this.plan.strictest : this.plan.actionOfPurpose(rule.purpose);
  }

  /** Notes a deed; a name that may itself be an identifier is not repeated. */
  note(name: string, carrier: CarrierClass, deed: Deed): void {
    this.report.push(noteOf(this.where, name, carrier, deed));
  }

  /** Remembers an identifier for the guard. `isKnown`: its class is declared or detected, so that a short value counts too. */
  addSecret(name: string, carrier: CarrierClass, raw: string, isKnown: boolean): void {
    this.identifiers++;
    if (raw.length < 3 || this.seen.has(raw)) return;
    const value = trimSecret(raw);
    if (value === raw || !this.seen.has(value)) this.addPart(name, carrier, value, isKnown);
    for (const part of secretParts(value)) if (!this.seen.has(part)) this.addPart(name, carrier, part, isKnown);
  }

  private addPart(name: string, carrier: CarrierClass, value: string, isKnown: boolean): void {
    if (!isSecret(value, isKnown && IDENTIFYING.has(carrier))) return;
    this.seen.add(value);
    this.secrets.push(new FoundSecret(this.where, name, carrier, value));
  }

  /** Whether a text is looked at for the first time: the same address stands in many fields. */
  isNew(text: string): boolean {
    if (this.searched.has(text)) {
      // What was found the first time is in it.
      this.identifiers++;
      return false;
    }
    this.searched.add(text);
    return true;
  }

  isIdentifying(carrier: CarrierClass): boolean {
    return IDENTIFYING.has(carrier);
  }

  /** Keeps a value that the site chose, unless it holds what is banned. */
  keep(value: string): boolean {
    if (this.banned !== null && value.length > 2 && this.banned.findFirst(value) >= 0) return false;
    this.kept.push(value);
    return true;
  }

  refuse(reason: ScrubRefusal): void {
    this.refusal ??= reason;
  }

  /** Whether so many fields more are within the limit; else the hit is refused. */
  mayHold(fields: number): boolean {
    if (this.count + fields <= LIMITS.count) return true;
    this.refuse('body-limits');
    return false;
  }

  /** Counts a field; past the limit the hit is refused. */
  countField(): boolean {
    return this.countFields(1);
  }

  countFields(fields: number): boolean {
    this.count += fields;
    if (this.count <= LIMITS.count) return true;
    this.refuse('body-limits');
    return false;
  }
}
