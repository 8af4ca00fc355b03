import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { drawSubject } from '../../../src/consent/chain.ts';
import { openLmdbStore } from '../../../src/store/lmdb.ts';
import { appendTo } from '../../support/records.ts';

const folder = mkdtempSync(join(tmpdir(), 'consentry-lmdb-'));
const store = openLmdbStore(folder);
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

it('keeps its files from other users, also in a folder that they may read', async () => {
  const open = mkdtempSync(join(tmpdir(), 'consentry-lmdb-open-'));
  chmodSync(open, 0o755);
  const kept = openLmdbStore(open);
  try {
    await appendTo(kept, drawSubject());
    for (const name of ['consent.mdb', 'consent.mdb-lock']) expect(statSync(join(open, name)).mode & 0o777, name).toBe(0o600);
  } finally {
    await kept.close();
    rmSync(open, { recursive: true });
  }
});

it('lists each of many once, page by page, while others write and erase', async () => {
  const many = Array.from({ length: 620 }, drawSubject);
  for (let at = 0; at < many.length; at += 40)
    await Promise.all(many.slice(at, at + 40).map((subject) => appendTo(store, subject)));
  await Promise.all(many.slice(0, 40).map((subject) => store.erase(subject, 1)));
  const listed: string[] = [];
  for await (const subject of store.subjects()) {
    if (listed.push(subject) % 250 === 0) await appendTo(store, drawSubject());
  }
  expect(many.filter((subject) => !listed.includes(subject))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
});

it('sees what it wrote at once, and what another wrote by the next turn of the event loop', async () => {
  const other = openLmdbStore(folder);
  try {
    const subject = drawSubject();
    expect([store.readHead(subject), other.readHead(subject)]).toEqual([null, null]);
    const { head } = await appendTo(store, subject);
    expect(store.readHead(subject)).toEqual(head);
    await new Promise((resolve) => setImmediate(resolve));
    expect(other.readHead(subject)).toEqual(head);
    await store.erase(subject, 1);
    expect(store.readHead(subject)).toBeNull();
    await new Promise((resolve) => setImmediate(resolve));
    expect(other.readHead(subject)).toBeNull();
  } finally {
    await other.close();
  }
});
