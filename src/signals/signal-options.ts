/** What readers know beside the hit: lists and maps of the site, compiled once at load. */
import { isPurpose, type Purpose } from '../consent/state.ts';
import { CMP_COOKIE_NAMES, CMP_KINDS, type CmpKind } from './cmp/cookie-names.ts';
import { type CookieFilter, compileCookieFilter } from './cookie-scan.ts';
import { compileCmpList, compileGvl, type VendorDeclarations } from './iab-lists.ts';
import { type CmpList, DEFAULT_TC_MAX_AGE_MS } from './tcf-validity.ts';

export interface SignalOptions {
  /** A banner's category, group or service → purpose, as the site names them; asked before the built-in names. */
  readonly categories: ReadonlyMap<string, Purpose>;
  /** The cookies that are read, and the consent tool whose format each has. */
  readonly cookieFilter: CookieFilter;
  readonly cmps: CmpList | null;
  readonly gvl: VendorDeclarations | null;
  readonly tcMaxAgeMs: number;
}

/** What a configuration says about signals. Lists are parsed JSON in the IAB's own shape, or absent. */
export interface SignalSettings {
  readonly categories?: Readonly<Record<string, string>>;
  /** Further cookie names, and built-in ones that are not to be read (`null`). */
  readonly cmpCookies?: Readonly<Record<string, string | null>>;
  readonly cmpList?: unknown;
  readonly gvl?: unknown;
  readonly tcMaxAgeMs?: number;
}

export type CompiledSignalOptions =
  | { readonly ok: true; readonly options: SignalOptions }
  | { readonly ok: false; readonly problem: string };

export const DEFAULT_SIGNAL_OPTIONS: SignalOptions = {
  categories: new Map(),
  cookieFilter: compileCookieFilter(CMP_COOKIE_NAMES),
  cmps: null,
  gvl: null,
  tcMaxAgeMs: DEFAULT_TC_MAX_AGE_MS,
};

function isCmpKind(value: string): value is CmpKind {
  return (CMP_KINDS as readonly string[]).includes(value);
}

/** Compiles what readers need; `problem` says what is wrong and what to write instead. */
export function compileSignalOptions(settings: SignalSettings): CompiledSignalOptions {
  const categories = new Map<string, Purpose>();
  for (const [category, purpose] of Object.entries(settings.categories ?? {})) {
    if (!isPurpose(purpose))
      return { ok: false, problem: `categories: ${category} is mapped to ${purpose}, which is no purpose` };
    categories.set(category, purpose);
  }
  const cmpCookies = new Map<string, CmpKind>(CMP_COOKIE_NAMES);
  for (const [cookie, kind] of Object.entries(settings.cmpCookies ?? {})) {
    if (kind === null) cmpCookies.delete(cookie);
    else if (isCmpKind(kind)) cmpCookies.set(cookie, kind);
    else
      return { ok: false, problem: `cookie ${cookie}: ${kind} is no known consent tool; write one of ${CMP_KINDS.join(', ')}` };
  }
  const cmps = settings.cmpList === undefined ? null : compileCmpList(settings.cmpList);
  if (cmps === undefined) return { ok: false, problem: "cmp-list: expected the IAB's cmp-list.json, an object with `cmps`" };
  const gvl = settings.gvl === undefined ? null : compileGvl(settings.gvl);
  if (gvl === undefined) return { ok: false, problem: "gvl: expected the IAB's vendor-list.json, an object with `vendors`" };
  return {
    ok: true,
    options: {
      categories,
      cookieFilter: compileCookieFilter(cmpCookies),
      cmps,
      gvl,
      tcMaxAgeMs: settings.tcMaxAgeMs ?? DEFAULT_TC_MAX_AGE_MS,
    },
  };
}
