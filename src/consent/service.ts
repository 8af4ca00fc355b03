/** The consent API without HTTP: shows, decides and withdraws for the holder of a cookie. */
import { readGpc } from '../signals/gpc.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';
import { ALL_OPTIONAL, carryDenials, deniedBeside, standingDenials } from './carry.ts';
import type { ConsentCookies, CookieReading } from './cookie.ts';
import { readHolder } from './holder.ts';
import { digestDecision, subjectOfKey } from './idempotency.ts';
import type { Keyring } from './keys.ts';
import { lookUpReading } from './lookup.ts';
import type { Decision } from './plan.ts';
import { bundleProof, openChain, type ProofBundle } from './proof.ts';
import { signReceipt } from './receipt.ts';
import type { ConsentHead } from './record.ts';
import type { ConsentRequest, RegisteredNotice } from './request.ts';
import { describeNotice, findExpiry, readRegistered } from './rules.ts';
import type { SiteTokens } from './site-token.ts';
import { NO_PURPOSES, type PurposeSet } from './state.ts';
import { type ConsentView, type Visit, viewConsent } from './view.ts';
import { type WriteOutcome, writeConsent } from './write.ts';

export interface ConsentServiceParts {
  readonly store: ConsentStore;
  readonly cookies: ConsentCookies;
  readonly tokens: SiteTokens;
  readonly keyring: Keyring;
  readonly site: string;
  readonly notices: Readonly<Record<string, RegisteredNotice>>;
}

/** What the browser is to keep. */
export interface Keepsakes {
  /** Value of the Set-Cookie header, or null for none. */
  readonly setCookie: string | null;
  /** For a page on another site, or null. */
  readonly token: string | null;
}

export interface ShownConsent extends Keepsakes {
  readonly view: ConsentView;
}

export type DecidedConsent =
  | (Keepsakes & {
      readonly ok: true;
      /** `refusal`: said by a cookie without an id, and kept nowhere. `nothing`: nothing was decided. */
      readonly kind: 'written' | 'same' | 'refusal' | 'nothing';
      readonly view: ConsentView;
      /** JWT of the record; null where nothing is on record. */
      readonly receipt: string | null;
      /** When the first yes runs out, in milliseconds since the epoch; null without a yes. */
      readonly expiresAt: number | null;
    })
  /** The store could not be written. A no is in the cookie all the same. */
  | (Keepsakes & { readonly ok: false });

export interface ConsentService {
  show(visit: Visit): Promise<ShownConsent>;
  decide(visit: Visit, request: ConsentRequest): Promise<DecidedConsent>;
  /** Withdraws everything. Without a subject it sets a denial that names nobody, whatever the policy records. */
  withdraw(visit: Visit): Promise<DecidedConsent>;
  /** The holder's own records and receipts; null without any. @throws StoreUnavailable */
  exportProof(visit: Visit): Promise<ProofBundle | null>;
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

const NOTHING: Keepsakes = { setCookie: null, token: null };

export function createConsentService(parts: ConsentServiceParts): ConsentService {
  const { store, cookies, tokens, keyring, site } = parts;

  const read = (visit: Visit) => readHolder(visit.cookie, visit.tokens, cookies, tokens, visit.now);

  /** Cookie and, for a page on another site, token of a subject or (null) of nobody. */
  function issue(visit: Visit, head: Pick<ConsentHead, 'subject' | 'choices'> | null, denied: PurposeSet): Keepsakes {
    const { now, crossSiteOrigin, region } = visit;
    const setCookie = head === null ? cookies.issueRefusal(denied, now) : cookies.issue(head, denied, now);
    const place = { country: region.country, subdivision: region.subdivision };
    return { setCookie, token: crossSiteOrigin === null ? null : tokens.issue(head, denied, crossSiteOrigin, place, now) };
  }

  async function show(visit: Visit): Promise<ShownConsent> {
    const reading = read(visit);
    const lookup = await lookUpReading(reading, store);
    const issuedAt = 'issuedAt' in reading ? reading.issuedAt : null;
    const { record } = lookup;
    const isKnown = reading.kind === 'subject' && record !== null && typeof record === 'object';
    const kept = isKnown ? issue(visit, record, standingDenials(record.choices, reading.denied, reading.issuedAt)) : NOTHING;
    return { view: viewConsent(visit, lookup, issuedAt), ...kept };
  }

  /** Nothing is stored about somebody who says no at once: the cookie says it, in the same words for everybody that day. */
  function refuse(visit: Visit, denied: PurposeSet): DecidedConsent {
    const view = viewConsent(visit, { record: null, denied }, visit.now);
    return { ok: true, kind: 'refusal', view, ...issue(visit, null, denied), receipt: null, expiresAt: null };
  }

  function record(visit: Visit, reading: CookieReading, request: ConsentRequest, subject: string | null): Promise<WriteOutcome> {
    const { region, now, idempotencyKey } = visit;
    const rules = visit.policies.consentRules(region, now);
    const decision: Decision = {
      ...request,
      policy: rules.version,
      model: rules.model,
      notice: readRegistered(parts.notices, request),
    };
    const denied = subject === null ? deniedByStranger(reading) : deniedBeside(reading);
    const deniedAt = 'issuedAt' in reading ? reading.issuedAt : now;
    return writeConsent(
      store,
      {
        subject,
        ...(idempotencyKey === null
          ? {}
          : {
              newSubject: subjectOfKey(idempotencyKey, visit.address, visit.userAgent, keyring),
              digest: digestDecision(idempotencyKey, request),
            }),
        carry: (choices) => carryDenials(choices, denied, deniedAt, decision),
        decision,
        circumstances: {
          region: { country: region.country, subdivision: region.subdivision },
          gpc: readGpc(visit.rawHeaders) !== null,
          notice: describeNotice(request, parts.notices),
          tcString: request.tcString,
          gppString: request.gppString,
        },
        sign: (record) => signReceipt(record, keyring, site),
      },
      now,
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
    const receipt = outcome.kind === 'written' ? outcome.receipt : await findReceipt(store, head, site);
    return {
      ok: true,
      kind,
      view,
      ...issue(visit, head, NO_PURPOSES),
      receipt,
      expiresAt: findExpiry(head, visit.policies.consentRules(visit.region, visit.now)),
    };
  }

  /** A no must not be lost with the store: the cookie says it until it can be written. */
  function refuseWithoutStore(visit: Visit, reading: CookieReading, request: ConsentRequest): DecidedConsent {
    if (request.refusals === NO_PURPOSES) return { ok: false, ...NOTHING };
    const head = reading.kind === 'subject' ? { subject: reading.subject, choices: {} } : null;
    return { ok: false, ...issue(visit, head, request.refusals | deniedBeside(reading)) };
  }

  async function decide(visit: Visit, request: ConsentRequest, isAnonymous: boolean): Promise<DecidedConsent> {
    const reading = read(visit);
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
        return { ok: true, kind: 'nothing', ...(await show(visit)), receipt: null, expiresAt: null };
      }
      const isAnonymous = request.grants === NO_PURPOSES && !visit.policies.consentRules(visit.region, visit.now).recordRefusals;
      return decide(visit, request, isAnonymous);
    },
    withdraw: (visit) => decide(visit, WITHDRAW_ALL, true),
    async exportProof(visit) {
      const reading = read(visit);
      if (reading.kind !== 'subject') return null;
      const chain = await store.readChain(reading.subject);
      return chain === null || chain.tip.head === null ? null : bundleProof(chain, site, keyring.receiptJwks);
    },
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
