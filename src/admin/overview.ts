/** What the dashboard shows of the running gateway: counters as they stand, the last hour of them, and the health of what it leans on. */
import type Router from '@koa/router';
import { readExposition } from '../ops/exposition.ts';
import type { History } from '../ops/history.ts';
import type { ConsentStore } from '../store/store.ts';

export interface OverviewParts {
  readonly metrics: { readonly registry: { metrics(): Promise<string> } };
  readonly history: History;
  readonly store: ConsentStore;
  readonly site: string;
  policies(): { readonly revision: string };
  isReady(): boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

const SHOWN = /^(?:consentry_|process_resident_memory_bytes$|process_start_time_seconds$|nodejs_version_info$)/;

/** Adds the call to a router that has checked the caller. */
export function addOverviewRoute(router: Router, parts: OverviewParts): void {
  router.get('/admin/overview', async (ctx) => {
    const [text, isWritable] = await Promise.all([parts.metrics.registry.metrics(), parts.store.isWritable()]);
    const metrics = Array.from(readExposition(text)).filter(([name]) => SHOWN.test(name));
    ctx.body = {
      at: new Date(parts.now()).toISOString(),
      site: parts.site,
      revision: parts.policies().revision,
      health: { ready: parts.isReady(), storeWritable: isWritable },
      metrics: Object.fromEntries(metrics),
      history: parts.history.view(),
    };
  });
}
