/** What opening a store needs and comes to. */
import type { BreakerEvents } from './deadline.ts';
import type { ConsentStore } from './store.ts';

/** `problem` says what to write instead; it never holds the URL, which may hold a password. */
export type OpenedStore = { readonly ok: true; readonly store: ConsentStore } | { readonly ok: false; readonly problem: string };

export interface StoreOptions extends BreakerEvents {
  /** Replicas of Redis that have to have every write before it is answered (default 0), and for how long that may take. */
  readonly wait?: { readonly replicas: number; readonly timeoutMs: number };
  /** Hears once what a person should know of the store's own settings. */
  readonly say?: (message: string) => void;
}

export function refuse(problem: string): OpenedStore {
  return { ok: false, problem: `store: ${problem}` };
}
