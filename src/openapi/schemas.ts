/** The shapes of the consent and the admin API, as the OpenAPI document publishes them and the tests hold answers against. */
import { z } from 'zod';
import { ACTIONS, OPTIONAL_PURPOSES, PURPOSES, STATES } from '../consent/state.ts';
import { Given } from '../policy/schema-tests.ts';

const purpose = z.enum(PURPOSES);
const action = z.enum(ACTIONS);
const choice = z.enum(['granted', 'denied', 'withdrawn']);
const model = z.enum(['opt-in', 'opt-out', 'none']);
const version = z.string().describe('`id@version#hash` of the policy file that answered');
const revision = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .describe('Hash over the whole policy set');
const token = z
  .string()
  .optional()
  .describe('Only for pages of another site: sent with their hits instead of the cookie, good for 24 hours');

function byPurpose<S extends z.ZodType>(purposes: readonly string[], value: S) {
  return z.strictObject(Object.fromEntries(purposes.map((name) => [name, value.optional()])));
}

const states = byPurpose(OPTIONAL_PURPOSES, z.enum(STATES)).describe('State of each purpose that may be refused');

export const Region = z.strictObject({
  country: z.string().describe('ISO 3166-1 alpha-2; `ZZ` where nothing tells'),
  subdivision: z.string().nullable().describe('The part of ISO 3166-2 after the hyphen'),
});

export const Problem = z
  .strictObject({
    type: z
      .string()
      .regex(/^urn:consentry:problem:/)
      .describe('Stable'),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    token,
  })
  .describe('RFC 9457 problem details; nothing in it repeats what was sent');

export const ConsentView = z
  .strictObject({
    state: states,
    region: Region,
    policy: version,
    model,
    gpc: z.boolean().describe('Whether `Sec-GPC: 1` came with the request'),
    gpcHonored: z.array(purpose).describe('Purposes that it denies here'),
    ask: z.array(purpose).describe('Purposes that a banner should ask about now'),
    token,
  })
  .describe('What a banner needs to decide whether and what to ask');

export const ConsentDecision = z
  .looseObject({
    purposes: byPurpose(PURPOSES, z.boolean()).optional().describe('A purpose that is not named is left as it was'),
    action: z
      .enum(['accept_all', 'reject_all', 'save', 'withdraw', 'dismiss'])
      .optional()
      .describe('`save` where purposes are named'),
    notice: z
      .strictObject({ version: z.string().max(64), language: z.string().optional() })
      .optional()
      .describe('What the banner showed'),
    tcString: z.string().max(8192).nullable().optional(),
    gppString: z.string().max(8192).nullable().optional(),
  })
  .describe('What a visitor decided');

const outcome = {
  state: states,
  policy: version,
  expires: z.string().nullable().describe('When the first yes expires; null without one'),
  receipt: z
    .string()
    .nullable()
    .describe('A JWT (ES256; keys at /consent/jwks.json) without the subject; null where nothing was recorded'),
  token,
};
export const ConsentOutcome = z.strictObject(outcome).describe('What is in force after the call');

export const Jwks = z.strictObject({
  keys: z.array(
    z.strictObject({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('ES256'),
    }),
  ),
});

const entry = z.strictObject({
  v: z.literal(1),
  at: z.int().describe('Milliseconds since the epoch'),
  action: z.string(),
  changes: byPurpose(PURPOSES, choice),
  state: byPurpose(PURPOSES, choice),
  policy: version,
  model,
  region: Region,
  gpc: z.boolean(),
  notice: z.strictObject({ version: z.string(), language: z.string().nullable(), hash: z.string().nullable() }).nullable(),
  tcString: z.string().nullable(),
  gppString: z.string().nullable(),
});
export const ProofBundle = z
  .strictObject({
    format: z.literal('consentry-proof/1'),
    site: z.string(),
    key: z.string().nullable().describe("The subject's own key, base64url; null after an erasure"),
    tip: z.strictObject({ sequence: z.int(), hash: z.string() }),
    erasure: z.strictObject({ throughSequence: z.int(), at: z.int() }).nullable(),
    records: z.array(
      z.strictObject({
        sequence: z.int(),
        previous: z.string(),
        hash: z.string(),
        signature: z.string(),
        ciphertext: z.string(),
        entry: entry.nullable().describe('Null where it cannot be opened'),
        receipt: z.string().nullable(),
      }),
    ),
    keys: Jwks.shape.keys,
  })
  .describe('All records of a subject with their chain and receipts (GDPR Art. 7(1), 15, 20)');

const externalId = z.string().min(1).max(256).describe('Kept under its keyed hash alone');
export const ExternalId = z.strictObject({ externalId });
export const ExternalDecision = z
  .looseObject({ externalId, region: z.strictObject({ country: z.string(), subdivision: z.string().nullable().optional() }) })
  .describe('A decision, with the id of whom it is and where they are');
export const ExternalView = z.strictObject({ state: states, policy: version, region: Region.nullable() });
export const Erased = z.strictObject({ erased: z.literal(true) });
export const GpcSupport = z.strictObject({ gpc: z.literal(true), lastUpdate: z.string() });

export const Health = z.strictObject({ status: z.string(), revision: revision.optional() });

const sample = z.strictObject({ labels: z.record(z.string(), z.string()), value: z.number() });
const lines = z.record(z.string(), z.array(z.number()));
export const Overview = z
  .strictObject({
    at: z.string(),
    site: z.string(),
    revision,
    health: z.strictObject({ ready: z.boolean(), storeWritable: z.boolean() }),
    metrics: z.record(z.string(), z.array(sample)),
    history: z
      .strictObject({
        stepMs: z.number(),
        times: z.array(z.number()).describe('Ends of the steps, in seconds since the epoch'),
        series: z.strictObject({
          outcome: lines,
          country: lines,
          route: lines,
          purpose: lines,
          fault: lines,
          failure: lines,
          consent: lines,
        }),
      })
      .describe('The last hour: how much was counted in each step'),
  })
  .describe('What the dashboard shows');

export const Policies = z.strictObject({
  revision,
  policies: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      version,
      file: z.string(),
      match: z.array(z.string()),
      effective: z.number().nullable(),
      until: z.number().nullable(),
      model,
    }),
  ),
});

const required = <S extends z.ZodType>(names: readonly string[], value: S) =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, value])));
export const Matrix = z.strictObject({
  revision,
  rows: z.array(
    z.strictObject({
      place: z.string(),
      policy: z.string(),
      actions: required(PURPOSES, required(STATES, action)),
      lines: byPurpose(PURPOSES, z.string()).describe('Where the row of a purpose stands, as `file:line`'),
    }),
  ),
});

export const Situation = z.strictObject(Given.shape).describe('What is known of a hit, as in the tests of policy files');

const reason = z.strictObject({
  code: z.string(),
  signal: z.string().optional(),
  field: z.string().optional(),
  said: z.string().optional(),
  detail: z.string().optional(),
});
export const Explanation = z.strictObject({
  policy: z.string(),
  also: z.array(z.string()).describe('Files whose stricter answer counted too'),
  version,
  model,
  place: z.strictObject({ country: z.string(), subdivision: z.string().nullable(), source: z.string() }),
  at: z.string(),
  revision,
  purposes: required(
    PURPOSES,
    z.strictObject({
      state: z.enum(STATES),
      action,
      policy: z.string(),
      cell: z.string().describe('Cell of the table, such as `advertising.denied`'),
      reasons: z.array(reason),
    }),
  ),
});

export const Decisions = z.strictObject({
  decisions: z.array(
    z.looseObject({
      kind: z.literal('decision'),
      at: z.string(),
      route: z.string(),
      vendor: z.string(),
      method: z.string(),
      gate: z.array(purpose),
      outcome: z.enum(['forwarded', 'anonymized', 'dropped', 'dropped-by-fault']),
      action: action.nullable(),
      fault: z.string().nullable(),
      policy: version.nullable(),
      revision,
      scrubbed: z.record(z.string(), z.int()),
    }),
  ),
});

export const Reloaded = z.strictObject({ revision });
export const Link = z.strictObject({ subjects: z.array(z.string().min(1).max(128)).min(2).max(2) });
export const Linked = z.strictObject({ linked: z.literal(true) });
