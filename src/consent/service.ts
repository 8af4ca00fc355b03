/** The consent API without HTTP: shows, decides and withdraws for the holder of a cookie. */
import { readGpc } from '../signals/gpc.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';
import { ALL_OPTIONAL, carryDenials, deniedBeside, standingDenials } from './carry.ts';
import type { ConsentCookies, CookieReading } from './cookie.ts';
import type { Notice } from './entry.ts';
import type { Keyring } from './keys.ts';
import { lookUpReading } from './lookup.ts';
import type { Decision } from './plan.ts';
import { openChain } from './proof.ts';
import { signReceipt } from './receipt.ts';
import type { ConsentHead } from './record.ts';
import type { ConsentRequest, RegisteredNotice } from './request.ts';
import { NO_PURPOSES, OPTIONAL_PURPOSES, type PurposeSet, purposeSet } from './state.ts';
import { type ConsentView, type Visit, viewConsent } from './view.ts';
import { type WriteOutcome, writeConsent } from './write.ts';

export interface ConsentServiceParts {
  readonly store: ConsentStore;
  readonly cookies: ConsentCookies;
  readonly keyring: Keyring;
  readonly site: string;
  readonly notices: Readonly<Record<string, RegisteredNotice>>;
}

/** `setCookie`: value of the Set-Cookie header, or null for none. */
export interface ShownConsent {
  readonly view: ConsentView;
  readonly setCookie: string | null;
}

export type DecidedConsent =
  | {
      readonly ok: true;
      /** `refusal`: said by a cookie without an id, and kept nowhere. `nothing`: nothing was decided. */
      readonly kind: 'written' | 'same' | 'refusal' | 'nothing';
      readonly view: ConsentView;
      readonly setCookie: string | null;
      /** JWT of the record; null where nothing is on record. */
      readonly receipt: string | null;
      /** When the first yes runs out, in milliseconds since the epoch; null without a yes. */
      readonly expiresAt: number | null;
    }
  /** The store could not be written. A no is in the cookie all the same. */
  | { readonly ok: false; readonly setCookie: string | null };

export interface ConsentService {
  show(visit: Visit): Promise<ShownConsent>;
  decide(visit: Visit, request: ConsentRequest): Promise<DecidedConsent>;
  /** Withdraws everything. Without a subject it sets a denial that names nobody, whatever the policy records. */
  withdraw(visit: Visit): Promise<DecidedConsent>;
}

type Recorded = Exclude<WriteOutcome, { readonly kind: 'unknown-subject' }>;

const WITHDRAW_ALL: ConsentRequest = {
  action: 'withdraw',
  grants: NO_PURPOSES,
  refusals: ALL_OPTIONAL,
  notice: null,
  tcString: null,
  gppString: null,
};

export function createConsentService(parts: ConsentServiceParts): ConsentService {
  const { store, cookies, keyring, site } = parts;

  async function show(visit: Visit): Promise<ShownConsent> {
    const reading = cookies.read(visit.cookie, visit.now);
    const lookup = await lookUpReading(reading, store);
    const issuedAt = 'issuedAt' in reading ? reading.issuedAt : null;
    const { record } = lookup;
    let setCookie: string | null = null;
    if (reading.kind === 'subject' && record !== null && typeof record === 'object') {
      setCookie = cookies.issue(record, standingDenials(record.choices, reading.denied, reading.issuedAt), visit.now);
    }
    return { view: viewConsent(visit, lookup, issuedAt), setCookie };
  }

  /** Nothing is stored about somebody who says no at once: the cookie says it, in the same words for everybody that day. */
  function refuse(visit: Visit, denied: PurposeSet): DecidedConsent {
    const view = viewConsent(visit, { record: null, denied }, visit.now);
    const setCookie = cookies.issueRefusal(denied, visit.now);
    return { ok: true, kind: 'refusal', view, setCookie, receipt: null, expiresAt: null };
  }

  function record(visit: Visit, reading: CookieReading, request: ConsentRequest, subject: string | null): Promise<WriteOutcome> {
    const rules = visit.policies.consentRules(visit.region, visit.now);
    const registered = readRegistered(parts.notices, request);
    const decision: Decision = { ...request, policy: rules.version, model: rules.model, notice: registered };
    const denied = subject === null ? deniedByStranger(reading) : deniedBeside(reading);
    const deniedAt = 'issuedAt' in reading ? reading.issuedAt : visit.now;
    return writeConsent(
      store,
      {
        subject,
        carry: (choices) => carryDenials(choices, denied, deniedAt, decision),
        decision,
        circumstances: {
          region: { country: visit.region.country, subdivision: visit.region.subdivision },
          gpc: readGpc(visit.rawHeaders) !== null,
          notice: describeNotice(request, parts.notices),
          tcString: request.tcString,
          gppString: request.gppString,
        },
        sign: (record) => signReceipt(record, keyring, site),
      },
      visit.now,
    );
  }

  async function decideOnce(
    visit: Visit,
    reading: CookieReading,
    request: ConsentRequest,
    isAnonymous: boolean,
  ): Promise<DecidedConsent> {
    if (reading.kind === 'subject') {
      const outcome = await record(visit, reading, request, reading.subject);
      if (outcome.kind !== 'unknown-subject') return answer(visit, outcome);
    }
    if (isAnonymous) return refuse(visit, request.refusals | deniedByStranger(reading));
    const outcome = await record(visit, reading, request, null);
    if (outcome.kind === 'unknown-subject') throw new RangeError('a new subject is never unknown');
    return answer(visit, outcome);
  }

  async function answer(visit: Visit, outcome: Recorded): Promise<DecidedConsent> {
    const { kind, head } = outcome;
    const view = viewConsent(visit, { record: head, denied: NO_PURPOSES }, null);
    const setCookie = cookies.issue(head, NO_PURPOSES, visit.now);
    const receipt = outcome.kind === 'written' ? outcome.receipt : await findReceipt(store, head, site);
    return { ok: true, kind, view, setCookie, receipt, expiresAt: findExpiry(visit, head) };
  }

  /** A no must not be lost with the store: the cookie says it until it can be written. */
  function refuseWithoutStore(visit: Visit, reading: CookieReading, request: ConsentRequest): DecidedConsent {
    if (request.refusals === NO_PURPOSES) return { ok: false, setCookie: null };
    const denied = request.refusals | deniedBeside(reading);
    if (reading.kind !== 'subject') return { ok: false, setCookie: cookies.issueRefusal(denied, visit.now) };
    return { ok: false, setCookie: cookies.issue({ subject: reading.subject, choices: {} }, denied, visit.now) };
  }

  async function decide(visit: Visit, request: ConsentRequest, isAnonymous: boolean): Promise<DecidedConsent> {
    const reading = cookies.read(visit.cookie, visit.now);
    try {
      return await decideOnce(visit, reading, request, isAnonymous);
    } catch (error) {
      if (error instanceof StoreUnavailable) return refuseWithoutStore(visit, reading, request);
      throw error;
    }
  }

  return {
    show,
    async decide(visit, request) {
      if (request.grants === NO_PURPOSES && request.refusals === NO_PURPOSES) {
        const { view, setCookie } = await show(visit);
        return { ok: true, kind: 'nothing', view, setCookie, receipt: null, expiresAt: null };
      }
      const isAnonymous = request.grants === NO_PURPOSES && !visit.policies.consentRules(visit.region, visit.now).recordRefusals;
      return decide(visit, request, isAnonymous);
    },
    withdraw: (visit) => decide(visit, WITHDRAW_ALL, true),
  };
}

/** The receipt that was issued for the record in force. */
async function findReceipt(store: ConsentStore, head: ConsentHead, site: string): Promise<string | null> {
  const chain = await store.readChain(head.subject);
  if (chain === null) return null;
  const record = chain.records.find(({ hash }) => hash === head.hash);
  return record === undefined ? null : (openChain([record], chain.tip.key, chain.erasure, site)[0]?.receipt ?? null);
}

/** A subject that the store does not know has read as a no to everything until now. */
function deniedByStranger(reading: CookieReading): PurposeSet {
  return reading.kind === 'subject' ? ALL_OPTIONAL : deniedBeside(reading);
}

function readRegistered(notices: Readonly<Record<string, RegisteredNotice>>, { notice }: ConsentRequest): Decision['notice'] {
  if (notice === null || !Object.hasOwn(notices, notice.version)) return null;
  return { version: notice.version, shown: purposeSet(notices[notice.version]?.purposes ?? []) };
}

function describeNotice({ notice }: ConsentRequest, notices: Readonly<Record<string, RegisteredNotice>>): Notice | null {
  if (notice === null) return null;
  return { ...notice, hash: Object.hasOwn(notices, notice.version) ? (notices[notice.version]?.hash ?? null) : null };
}

function findExpiry(visit: Visit, head: ConsentHead): number | null {
  const { validForMs } = visit.policies.consentRules(visit.region, visit.now);
  const granted = OPTIONAL_PURPOSES.map((purpose) => head.choices[purpose]).filter((choice) => choice?.state === 'granted');
  return granted.length === 0 ? null : Math.min(...granted.map((choice) => (choice?.at ?? 0) + validForMs));
}
