/** Every operation of the two listeners: what it takes and what it may answer. */

/** Names are those of the schemas; `json` is any, `text`, `html`, `script` and `none` are none. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly listener: 'public' | 'admin';
  /** Scope of the Bearer token that it wants; null where it wants none. */
  readonly scope: 'admin' | 'consent' | null;
  readonly parameters?: readonly Parameter[];
  readonly body?: string;
  readonly answers: { readonly [status: string]: string };
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly type: 'string' | 'integer';
}

const COOKIE_PROBLEMS = { 403: 'Problem', 503: 'Problem' };
const SUBJECT: readonly Parameter[] = [{ name: 'id', in: 'path', description: 'The id in the consent cookie', type: 'string' }];

/** Path → method → operation. */
export const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/consent': {
    get: {
      id: 'showConsent',
      summary: 'Whether and about what a banner should ask. Creates no subject and no cookie',
      listener: 'public',
      scope: null,
      answers: { 200: 'ConsentView', 503: 'Problem' },
    },
    post: {
      id: 'decide',
      summary:
        'Records a decision, and sets the cookie. Answered once it is durable; the shapes of common banners are taken as they are',
      listener: 'public',
      scope: null,
      parameters: [
        {
          name: 'Idempotency-Key',
          in: 'header',
          description: '16 to 128 visible characters, another for each decision',
          type: 'string',
        },
      ],
      body: 'ConsentDecision',
      answers: {
        200: 'ConsentOutcome',
        201: 'ConsentOutcome',
        400: 'Problem',
        403: 'Problem',
        413: 'Problem',
        415: 'Problem',
        422: 'Problem',
        429: 'Problem',
        503: 'Problem',
      },
    },
    delete: {
      id: 'withdraw',
      summary: 'Withdraws everything; counts on the next hit',
      listener: 'public',
      scope: null,
      answers: { 200: 'ConsentOutcome', ...COOKIE_PROBLEMS },
    },
  },
  '/consent/export': {
    get: {
      id: 'exportOwnRecords',
      summary: "The caller's own records and receipts (GDPR Art. 15, 20), by cookie only",
      listener: 'public',
      scope: null,
      answers: { 200: 'ProofBundle', 404: 'Problem', ...COOKIE_PROBLEMS },
    },
  },
  '/consent/jwks.json': {
    get: {
      id: 'listReceiptKeys',
      summary: 'The keys that receipts are signed with',
      listener: 'public',
      scope: null,
      answers: { 200: 'Jwks' },
    },
  },
  '/consent/client.js': {
    get: { id: 'getBannerAdapter', summary: 'The banner adapter', listener: 'public', scope: null, answers: { 200: 'script' } },
  },
  '/consent/external': {
    put: {
      id: 'decideForExternalId',
      summary: 'The decision of somebody whom a server knows under an id of its own: a mail recipient, a customer',
      listener: 'public',
      scope: 'consent',
      body: 'ExternalDecision',
      answers: {
        200: 'ConsentOutcome',
        400: 'Problem',
        401: 'Problem',
        413: 'Problem',
        415: 'Problem',
        422: 'Problem',
        503: 'Problem',
      },
    },
  },
  '/consent/external/show': {
    post: {
      id: 'showExternalId',
      summary: 'What is known of an external id',
      listener: 'public',
      scope: 'consent',
      body: 'ExternalId',
      answers: { 200: 'ExternalView', 400: 'Problem', 401: 'Problem', 404: 'Problem', 422: 'Problem', 503: 'Problem' },
    },
  },
  '/consent/external/erase': {
    post: {
      id: 'eraseExternalId',
      summary: 'Erases what is known of an external id (GDPR Art. 17)',
      listener: 'public',
      scope: 'consent',
      body: 'ExternalId',
      answers: { 200: 'Erased', 400: 'Problem', 401: 'Problem', 404: 'Problem', 422: 'Problem', 503: 'Problem' },
    },
  },
  '/.well-known/gpc.json': {
    get: {
      id: 'showGpcSupport',
      summary: 'That Global Privacy Control is honoured; only where `consent.gpc` is configured',
      listener: 'public',
      scope: null,
      answers: { 200: 'GpcSupport', 404: 'Problem' },
    },
  },
  '/_consentry/check': {
    get: {
      id: 'check',
      summary:
        'For nginx auth_request, Traefik and Envoy: 204 for a GET hit that may be forwarded as it is. Answers trust.proxies only',
      listener: 'public',
      scope: null,
      parameters: [{ name: 'X-Original-URI', in: 'header', description: 'Target of the hit', type: 'string' }],
      answers: { 204: 'none', 403: 'none' },
    },
  },
  '/livez': {
    get: { id: 'isAlive', summary: 'Whether the process runs', listener: 'admin', scope: null, answers: { 200: 'Health' } },
  },
  '/readyz': {
    get: {
      id: 'isReady',
      summary: 'Whether hits are served and decisions are taken',
      listener: 'admin',
      scope: null,
      answers: { 200: 'Health', 503: 'Health' },
    },
  },
  '/metrics': {
    get: {
      id: 'readMetrics',
      summary: 'Prometheus metrics; with a token where admin.metrics-open is false',
      listener: 'admin',
      scope: null,
      answers: { 200: 'text', 401: 'Problem' },
    },
  },
  '/': {
    get: {
      id: 'openDashboard',
      summary: 'The dashboard, which asks for a token',
      listener: 'admin',
      scope: null,
      answers: { 200: 'html' },
    },
  },
  '/openapi.json': {
    get: { id: 'readOpenApi', summary: 'This document', listener: 'admin', scope: null, answers: { 200: 'json' } },
  },
  '/admin/overview': {
    get: {
      id: 'readOverview',
      summary: 'Counters as they stand, the last hour of them, and health',
      listener: 'admin',
      scope: 'admin',
      answers: { 200: 'Overview', 401: 'Problem' },
    },
  },
  '/admin/policies': {
    get: {
      id: 'listPolicies',
      summary: 'The policies in force',
      listener: 'admin',
      scope: 'admin',
      answers: { 200: 'Policies', 401: 'Problem' },
    },
  },
  '/admin/policies/matrix': {
    get: {
      id: 'readMatrix',
      summary: 'Every place, purpose and state with its action, without any signal',
      listener: 'admin',
      scope: 'admin',
      answers: { 200: 'Matrix', 401: 'Problem' },
    },
  },
  '/admin/explain': {
    post: {
      id: 'explain',
      summary: 'Which file, which signal, which cell, and why',
      listener: 'admin',
      scope: 'admin',
      body: 'Situation',
      answers: { 200: 'Explanation', 401: 'Problem', 422: 'Problem' },
    },
  },
  '/admin/reload': {
    post: {
      id: 'reload',
      summary: 'Reads policies, vendor profiles and routes anew; the last good set stays where one is bad',
      listener: 'admin',
      scope: 'admin',
      answers: { 200: 'Reloaded', 401: 'Problem', 422: 'Problem' },
    },
  },
  '/admin/decisions': {
    get: {
      id: 'listDecisions',
      summary: 'The last decisions about hits, the newest first, without identifiers',
      listener: 'admin',
      scope: 'admin',
      parameters: [{ name: 'limit', in: 'query', description: 'At most 500; 100 where none is given', type: 'integer' }],
      answers: { 200: 'Decisions', 401: 'Problem' },
    },
  },
  '/admin/subjects/{id}': {
    get: {
      id: 'exportSubject',
      summary: 'Records and proof of a subject',
      listener: 'admin',
      scope: 'admin',
      parameters: SUBJECT,
      answers: { 200: 'ProofBundle', 401: 'Problem', 404: 'Problem', 503: 'Problem' },
    },
    delete: {
      id: 'eraseSubject',
      summary: 'Erases a subject; the chain stays, unreadable',
      listener: 'admin',
      scope: 'admin',
      parameters: SUBJECT,
      answers: { 200: 'Erased', 401: 'Problem', 404: 'Problem', 503: 'Problem' },
    },
  },
  '/admin/subjects/link': {
    post: {
      id: 'linkSubjects',
      summary: 'Joins two subjects who turned out to be one person, after a login; every no of either counts',
      listener: 'admin',
      scope: 'admin',
      body: 'Link',
      answers: { 200: 'Linked', 401: 'Problem', 404: 'Problem', 422: 'Problem', 503: 'Problem' },
    },
  },
};
