/** What an operator does for a person who asks: export, erase, link (GDPR Art. 15, 17, 20). */
import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { readJsonBody } from '../consent/body.ts';
import { createBodyReader } from '../consent/body-bytes.ts';
import type { Keyring } from '../consent/keys.ts';
import { bundleProof } from '../consent/proof.ts';
import { linkSubjects } from '../consent/rights.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';
import { sendProblem } from './problem.ts';

export interface SubjectParts {
  readonly store: ConsentStore;
  readonly keyring: Keyring;
  readonly site: string;
  /** Milliseconds since the epoch. */
  now(): number;
}

const BODY_LIMIT_BYTES = 4 * 1024;
const Link = z.strictObject({ subjects: z.tuple([z.string().min(1).max(128), z.string().min(1).max(128)]) });

/** Adds the calls to a router that has checked the caller. */
export function addSubjectRoutes(router: Router, parts: SubjectParts): void {
  const { store, keyring, site, now } = parts;
  const readBytes = createBodyReader(BODY_LIMIT_BYTES);

  router.get('/admin/subjects/:id', (ctx) =>
    withStore(ctx, async () => {
      const chain = await store.readChain(ctx.params.id ?? '');
      if (chain === null) return sendProblem(ctx, 'unknown-subject');
      ctx.body = bundleProof(chain, site, keyring.receiptJwks);
    }),
  );

  router.delete('/admin/subjects/:id', (ctx) =>
    withStore(ctx, async () => {
      if (await store.erase(ctx.params.id ?? '', now())) ctx.body = { erased: true };
      else sendProblem(ctx, 'unknown-subject');
    }),
  );

  router.post('/admin/subjects/link', (ctx) =>
    withStore(ctx, async () => {
      const bytes = await readBytes(ctx);
      const body = bytes.ok ? readJsonBody(bytes.body) : { ok: false as const };
      const link = body.ok ? Link.safeParse(body.value) : null;
      if (!link?.success) return sendProblem(ctx, 'bad-body', 'send {"subjects": ["…", "…"]}');
      const outcome = await linkSubjects({ store, keyring, site }, link.data.subjects, now());
      if (outcome === 'linked') ctx.body = { linked: true };
      else sendProblem(ctx, outcome);
    }),
  );
}

async function withStore(ctx: Context, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    sendProblem(ctx, 'store-unavailable');
  }
}
