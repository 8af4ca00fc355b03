/**
 * The request that a proxy asks about, as it describes it: nginx `auth_request` (X-Original-URI, X-Original-Method), Traefik
 * forward-auth (X-Forwarded-Uri, -Method, -Host) and Envoy ext_authz over HTTP (the path behind the endpoint's own).
 */
import type { VisitorRequest } from '../ops/visitor.ts';

const DESCRIBING = new Set([
  'x-original-uri',
  'x-original-method',
  'x-forwarded-uri',
  'x-forwarded-method',
  'x-forwarded-host',
  'content-length',
  'transfer-encoding',
]);

/**
 * @param endpoint path of the decision endpoint.
 * @returns the request asked about, or null where it is described in no way, or in two ways that differ: a visitor's own
 *   X-Forwarded-Uri must not stand in for the address that the proxy serves.
 */
export function readOriginal(req: VisitorRequest, endpoint: string): VisitorRequest | null {
  const said = new Map<string, Set<string>>();
  const rawHeaders: string[] = [];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] as string;
    const value = req.rawHeaders[i + 1] as string;
    const lower = name.toLowerCase();
    if (DESCRIBING.has(lower)) said.set(lower, (said.get(lower) ?? new Set()).add(value));
    else rawHeaders.push(name, value);
  }
  const behind = (req.url ?? '').slice(endpoint.length);
  const url = one([
    ...(behind.startsWith('/') ? [behind] : []),
    ...values(said, 'x-original-uri'),
    ...values(said, 'x-forwarded-uri'),
  ]);
  const methods = [...values(said, 'x-original-method'), ...values(said, 'x-forwarded-method')];
  const method = methods.length === 0 ? req.method : one(methods);
  const host = one(values(said, 'x-forwarded-host'));
  if (url === undefined || method === undefined || (host === undefined && said.has('x-forwarded-host'))) return null;
  const lines = host === undefined ? rawHeaders : ['Host', host, ...withoutHost(rawHeaders)];
  return Object.create(req, {
    url: { value: url },
    method: { value: method },
    rawHeaders: { value: lines },
  }) as VisitorRequest;
}

function values(said: ReadonlyMap<string, ReadonlySet<string>>, name: string): string[] {
  return [...(said.get(name) ?? [])];
}

/** The value, where all agree; undefined for none and for several. */
function one(values: readonly string[]): string | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}

function withoutHost(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() !== 'host') kept.push(raw[i] as string, raw[i + 1] as string);
  }
  return kept;
}
