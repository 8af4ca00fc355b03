/** All subjects, one after the other, while hits go on. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ConsentStore } from '../store/store.ts';

/** Subjects between two pauses: a few milliseconds of work. */
const STRIDE = 100;

/** @throws what the signal was aborted with: then nobody may ask the store any more. */
export async function* walkSubjects(store: ConsentStore, signal?: AbortSignal): AsyncIterable<string> {
  let walked = 0;
  for await (const subject of store.subjects()) {
    if (++walked % STRIDE === 0) await letOthersRun();
    signal?.throwIfAborted();
    yield subject;
  }
}
