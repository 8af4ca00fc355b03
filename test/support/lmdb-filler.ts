/**
 * A process that may not write more than a little to any file (`ulimit -f`): writes records until the disk refuses, and a few
 * more; then says what was acknowledged, what failed, and what it can still read.
 */
import { writeSync } from 'node:fs';
import { drawSubject } from '../../src/consent/chain.ts';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { appendTo } from './records.ts';

// With a listener, a file that is too large is an error of the write, as a full disk is.
process.on('SIGXFSZ', () => {});
const [folder = ''] = process.argv.slice(2);
const store = openLmdbStore(folder);
const acknowledged: string[] = [];
let refused = 0;
for (let i = 0; i < 5000 && refused < 5; i++) {
  const subject = drawSubject();
  try {
    await appendTo(store, subject);
    acknowledged.push(subject);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    refused++;
  }
}
const readable = acknowledged.filter((subject) => store.readHead(subject) !== null).length;
writeSync(1, JSON.stringify({ acknowledged, refused, readable }));
process.exit(0);
