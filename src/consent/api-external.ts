/** Server-to-server calls about people whom a server knows under an id of its own. Bearer JWT of scope `consent`. */
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { PolicySet, Region } from '../policy/policy.ts';
import type { ConsentStore } from '../store/store.ts';
import type { ConsentApiConfig } from './api.ts';
import { createBearerTokens } from './bearer.ts';
import { readJsonBody } from './body.ts';
import type { BodyReader } from './body-bytes.ts';
import { externalSubjects, lookUpExternal, MAX_EXTERNAL_ID_CHARS } from './external.ts';
import type { Keyring } from './keys.ts';
import { type ProblemCode, sendJson } from './problem.ts';
import { signReceipt } from './receipt.ts';
import type { ConsentHead } from './record.ts';
import { readConsentRequest } from './request.ts';
import { describeNotice, findExpiry, readRegistered } from './rules.ts';
import { NO_PURPOSES } from './state.ts';
import { viewRecord } from './view.ts';
import { writeConsent } from './write.ts';

export interface ExternalParts {
  readonly config: ConsentApiConfig;
  readonly store: ConsentStore;
  readonly keyring: Keyring;
  readonly policies: () => PolicySet;
  readonly now: () => number;
  readonly readBytes: BodyReader;
  readonly refuse: (ctx: Context, code: ProblemCode, detail?: string) => void;
}

/** ISO 3166-1 and the part of ISO 3166-2 after the hyphen; `ZZ` for an unknown place. */
const COUNTRY = /^[A-Z]{2}$/;
const SUBDIVISION = /^[A-Z0-9]{1,3}$/;

export function addExternalRoutes(router: Router, parts: ExternalParts): void {
  const { config, store, keyring, refuse } = parts;
  const bearers = createBearerTokens(keyring, config.site);

  /** The body of an authorized call with an external id in it, or null after a refusal. */
  async function readCall(ctx: Context): Promise<{ readonly externalId: string; readonly body: Record<string, unknown> } | null> {
    if (!bearers.allows(ctx.get('Authorization'), 'consent', parts.now())) {
      ctx.set('WWW-Authenticate', 'Bearer realm="consentry", scope="consent"');
      refuse(ctx, 'not-authorized', 'consentry token mint --scope consent');
      return null;
    }
    const bytes = await parts.readBytes(ctx);
    const read = bytes.ok ? readJsonBody(bytes.body) : null;
    if (!bytes.ok) refuse(ctx, bytes.problem);
    else if (read === null || !read.ok) refuse(ctx, 'bad-body');
    else if (typeof read.value !== 'object' || read.value === null) refuse(ctx, 'contradiction', EXTERNAL_ID_NEEDED);
    else {
      const body = read.value as Record<string, unknown>;
      const { externalId } = body;
      if (typeof externalId === 'string' && externalId !== '' && externalId.length <= MAX_EXTERNAL_ID_CHARS)
        return { externalId, body };
      refuse(ctx, 'contradiction', EXTERNAL_ID_NEEDED);
    }
    return null;
  }

  router.put(`${config.path}/external`, async (ctx) => {
    const call = await readCall(ctx);
    if (call === null) return;
    const region = readRegion(call.body.region);
    if (region === null)
      return refuse(ctx, 'contradiction', '`region` has to be {"country": "DE"}, with a "subdivision" where there is one');
    const read = readConsentRequest(call.body, config, parts.now());
    if (!read.ok) return refuse(ctx, 'contradiction', read.detail);
    const { request } = read;
    const now = parts.now();
    const rules = parts.policies().consentRules(region, now);
    const place = { country: region.country, subdivision: region.subdivision };
    const known = await lookUpExternal(call.externalId, keyring, store);
    // Without what is on record, what is not named could not be left as it was.
    if (known.record === 'unavailable') return refuse(ctx, 'store-unavailable');
    const answer = (head: ConsentHead | null, receipt: string | null) => {
      const view = viewRecord(parts.policies(), region, { record: head, denied: 0 }, now);
      const expiresAt = head === null ? null : findExpiry(head, rules);
      sendJson(ctx, 200, { ...view, expires: expiresAt === null ? null : new Date(expiresAt).toISOString(), receipt });
    };
    if (request.grants === NO_PURPOSES && request.refusals === NO_PURPOSES)
      return answer(known.record === 'invalid' ? null : known.record, null);
    const [first] = externalSubjects(call.externalId, keyring);
    const outcome = await writeConsent(
      store,
      {
        subject: null,
        newSubject: known.subject ?? (first as string),
        place,
        carry: (choices) => choices,
        decision: { ...request, policy: rules.version, model: rules.model, notice: readRegistered(config.notices, request) },
        circumstances: {
          region: place,
          gpc: false,
          notice: describeNotice(request, config.notices),
          tcString: request.tcString,
          gppString: request.gppString,
        },
        sign: (record) => signReceipt(record, keyring, config.site),
      },
      now,
    );
    if (outcome.kind === 'unknown-subject') throw new RangeError('a new subject is never unknown');
    answer(outcome.head, outcome.kind === 'written' ? outcome.receipt : null);
  });

  router.post(`${config.path}/external/show`, async (ctx) => {
    const call = await readCall(ctx);
    if (call === null) return;
    const { record, place } = await lookUpExternal(call.externalId, keyring, store);
    if (record === 'unavailable') return refuse(ctx, 'store-unavailable');
    if (record === null || record === 'invalid') return refuse(ctx, 'unknown-subject');
    const region: Region = { ...(place ?? NOWHERE), source: 'record', disagrees: null };
    sendJson(ctx, 200, { ...viewRecord(parts.policies(), region, { record, denied: 0 }, parts.now()), region: place });
  });

  router.post(`${config.path}/external/erase`, async (ctx) => {
    const call = await readCall(ctx);
    if (call === null) return;
    let isErased = false;
    for (const subject of externalSubjects(call.externalId, keyring)) {
      isErased = (await store.erase(subject, parts.now())) || isErased;
    }
    if (!isErased) return refuse(ctx, 'unknown-subject');
    sendJson(ctx, 200, { erased: true });
  });
}

const EXTERNAL_ID_NEEDED = `\`externalId\` has to be a text of at most ${MAX_EXTERNAL_ID_CHARS} characters`;
const NOWHERE = { country: 'ZZ', subdivision: null };

function readRegion(value: unknown): Region | null {
  if (typeof value !== 'object' || value === null) return null;
  const { country, subdivision = null } = value as Record<string, unknown>;
  if (typeof country !== 'string' || !COUNTRY.test(country)) return null;
  if (subdivision !== null && (typeof subdivision !== 'string' || !SUBDIVISION.test(subdivision))) return null;
  return { country, subdivision, source: 'record', disagrees: null };
}
