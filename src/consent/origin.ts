/** Who calls from a browser, as far as the browser says so (Fetch Standard § 3.2; Fetch Metadata § 2). */
import type { IncomingHttpHeaders } from 'node:http';

export interface OriginRules {
  /** Exact origins that may call from a browser. */
  readonly origins: readonly string[];
  /** The gateway's own origin as browsers see it, where Sec-Fetch-Site is missing; null where it is not configured. */
  readonly publicUrl: string | null;
}

export type Caller =
  /** No browser, or one that navigates: no page can read the answer. */
  | { readonly kind: 'no-page' }
  | { readonly kind: 'same-origin'; readonly origin: string | null }
  /** A page of a configured origin. `isCrossSite`: browsers send it no SameSite=Lax cookie. */
  | { readonly kind: 'listed'; readonly origin: string; readonly isCrossSite: boolean }
  | { readonly kind: 'foreign' };

/**
 * Sec-Fetch-Site is the browser's own word, which no page can write. Where it is missing, Origin decides; a client that
 * sends neither is no browser, or one too old to leave Origin out of a cross-origin POST.
 */
export function identifyCaller(headers: IncomingHttpHeaders, rules: OriginRules): Caller {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return { kind: 'same-origin', origin: isOrigin(origin) ? origin : null };
  if (origin === undefined) return site === undefined || site === 'none' ? { kind: 'no-page' } : { kind: 'foreign' };
  if (rules.origins.includes(origin)) return { kind: 'listed', origin, isCrossSite: site !== 'same-site' };
  // With Sec-Fetch-Site there the browser has said already that it is another origin.
  if (site === undefined && rules.publicUrl !== null && origin === rules.publicUrl) return { kind: 'same-origin', origin };
  return { kind: 'foreign' };
}

function isOrigin(value: string | undefined): value is string {
  return value !== undefined && /^https?:\/\/[^\s/,]+$/.test(value);
}

export function mayChange(caller: Caller): boolean {
  return caller.kind !== 'foreign';
}
