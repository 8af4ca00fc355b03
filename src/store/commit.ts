/** Transactions of lmdb whose failure is told once, to whoever waits for them. */
import type { RootDatabase } from 'lmdb';

/**
 * Runs a change in one transaction.
 * @throws lmdb's error where it cannot be written. That error carries a second rejected promise, which nobody holds and which
 * would end the process (a full disk: test/faults/full-disk).
 */
export function commit<Outcome>(root: RootDatabase, action: () => Outcome): Promise<Outcome> {
  const committed = root.transaction(action);
  committed.catch((error: unknown) => {
    (error as { commitError?: Promise<unknown> }).commitError?.catch(() => {});
  });
  return committed;
}

/** Waits for what is being written. A commit that failed was told to whoever made it, and keeps nothing from ending. */
export async function closeRoot(root: RootDatabase): Promise<void> {
  await root.close().catch(() => undefined);
}
