/** The configuration of the demo: one of everything, on this machine only. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ConfigInput } from '../config-schema.ts';
import { EDGE_COUNTRY, EDGE_REGION } from './edge.ts';

/** Name of the consent cookie: without `Secure`, since not every browser keeps a secure cookie of http://127.0.0.1. */
export const DEMO_COOKIE = 'consentry';

/** What the trackers of the page send to. */
const DEMO_ROUTES: NonNullable<ConfigInput['routes']> = [
  { path: '/g/collect', vendor: 'ga4' },
  { path: '/tr/', vendor: 'meta' },
  { path: '/matomo.php', vendor: 'matomo', recipient: 'own', label: 'audience-measurement' },
  { path: '/i', vendor: 'snowplow' },
  { path: '/com.snowplowanalytics.snowplow/tp2', vendor: 'snowplow' },
  { path: '/pixel.gif', purposes: ['analytics'] },
];

/** The label of a route's pattern, which a policy's `when` reads; null without one. */
export function labelOf(pattern: string): string | null {
  return DEMO_ROUTES.find((route) => route.path === pattern)?.label ?? null;
}

export interface DemoSettings {
  readonly port: number;
  readonly adminPort: number;
  readonly collector: string;
  readonly policies: string;
  /** Folder for the store, the keys and the decision log; removed at the end. */
  readonly folder: string;
}

export function buildDemoConfig(settings: DemoSettings): ConfigInput {
  return {
    site: 'demo',
    listen: { host: '127.0.0.1', port: settings.port },
    admin: { host: '127.0.0.1', port: settings.adminPort },
    upstream: settings.collector,
    policies: settings.policies,
    store: `lmdb:${join(settings.folder, 'store')}`,
    evidence: { dir: join(settings.folder, 'evidence') },
    workers: 1,
    trust: { proxies: ['127.0.0.1/32'], geo: { country: EDGE_COUNTRY, region: EDGE_REGION } },
    routes: DEMO_ROUTES,
    consent: {
      'public-url': `http://127.0.0.1:${settings.port}`,
      cookie: { name: DEMO_COOKIE, secure: false },
      notices: {
        'demo-1': {
          hash: createHash('sha256').update(NOTICE).digest('hex'),
          purposes: ['functional', 'analytics', 'personalization', 'advertising'],
          recipients: ['Google', 'Meta', 'Matomo', 'Snowplow'],
        },
      },
    },
    timeouts: { drain: '1s', upstream: '5s' },
  };
}

/** What the banner of the page says. */
const NOTICE = 'Halfmoon Tea would like to measure visits and show you ads. You can say no, and change your mind at any time.';
