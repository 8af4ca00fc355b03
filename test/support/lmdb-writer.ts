/** A process that writes records into a store without end, and says of each one that was acknowledged: `subject hash`. */
import { writeSync } from 'node:fs';
import { drawSubject } from '../../src/consent/chain.ts';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { appendTo } from './records.ts';

const [folder = '', ...shared] = process.argv.slice(2);
const store = openLmdbStore(folder);

async function writeForEver(): Promise<never> {
  for (let round = 0; ; round++) {
    const own = drawSubject();
    // Subjects that the other process writes to as well, and some of its own.
    for (const subject of [own, shared[round % shared.length] ?? own]) {
      const granted = await appendTo(store, subject);
      writeSync(1, `${subject} ${granted.record.hash}\n`);
      const withdrawn = await appendTo(store, subject, { analytics: 'withdrawn' });
      writeSync(1, `${subject} ${withdrawn.record.hash}\n`);
    }
  }
}

writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: 8 }, writeForEver));
