/** The consent API on a real socket, with a store in memory and a clock that a test turns. */
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { type ConsentApiConfig, createConsentApi } from '../../src/consent/api.ts';
import { createKeyring, type Keyring } from '../../src/consent/keys.ts';
import type { PolicySet } from '../../src/policy/policy.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { ConsentStore } from '../../src/store/store.ts';
import { fakePolicies, placeOf } from './fake-policies.ts';

export const testKeyring: Keyring = createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 7) }]);

export const testConfig: ConsentApiConfig = {
  path: '/consent',
  site: 'shop',
  origins: ['https://shop.example'],
  publicUrl: 'https://gw.shop.example',
  cookie: { name: null, domain: null, maxAgeMs: 400 * 86_400_000, secure: true, sameSite: 'lax' },
  notices: {},
  categories: {},
  gpcLastUpdate: null,
  bodyLimitBytes: 16_384,
  ratePerMinute: 600,
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it expects
  readonly json: any;
  /** `name=value` of the cookie that was set, ready to be sent back; empty without one. */
  readonly cookie: string;
}

export interface TestApi {
  call(method: string, path: string, headers?: Record<string, string | string[]>, body?: string | Buffer): Promise<Answer>;
  post(body: unknown, headers?: Record<string, string | string[]>): Promise<Answer>;
  readonly store: ConsentStore;
  now: number;
  country: string;
  policies: PolicySet;
  close(): Promise<void>;
}

export async function startConsentApi(
  options: { config?: Partial<ConsentApiConfig>; store?: ConsentStore; policies?: PolicySet; keyring?: Keyring } = {},
): Promise<TestApi> {
  const store = options.store ?? createMemoryStore();
  const app = new Koa();
  app.silent = true;
  const server = createServer((incoming, answer) => app.callback()(incoming, answer));
  const api: TestApi = {
    store,
    now: Date.UTC(2026, 10, 23, 12),
    country: 'DE',
    policies: options.policies ?? fakePolicies(),
    call: (method, path, headers = {}, body) => callServer((server.address() as AddressInfo).port, method, path, headers, body),
    post: (body, headers = {}) =>
      api.call('POST', '/consent', { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  app.use(
    createConsentApi({
      config: { ...testConfig, ...options.config },
      store,
      keyring: options.keyring ?? testKeyring,
      policies: () => api.policies,
      whereIs: () => ({ address: '203.0.113.7', region: placeOf(api.country) }),
      now: () => api.now,
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return api;
}

function callServer(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string | string[]>,
  body: string | Buffer | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request({ port, method, path, agent: false, headers: { ...length, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = String(answer.headers['content-type']).includes('json') && text !== '';
        const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text,
          json: isJson ? JSON.parse(text) : null,
          cookie,
        });
      });
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
