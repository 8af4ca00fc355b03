import { describe, expect, it, vi } from 'vitest';
import { DailyPseudonyms } from '../../../src/gateway/pseudonyms.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import type { Upstream } from '../../../src/upstream/client.ts';
import { fakeRoute } from '../../support/routes.ts';

const DAY = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const route = fakeRoute({ path: '/collect' });
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const fault = (error: unknown): never => {
  throw error;
};

async function loaded(store = createMemoryStore(), site = 'shop', now = DAY): Promise<DailyPseudonyms> {
  const pseudonyms = new DailyPseudonyms({ store, site, fault });
  pseudonyms.load(now);
  await settled();
  return pseudonyms;
}

describe('DailyPseudonyms', () => {
  it('gives one value the same pseudonym all day and on every node', async () => {
    const store = createMemoryStore();
    const [one, other] = [await loaded(store), await loaded(store)];
    const pseudonym = one.pseudonymizer(route, DAY)?.('visitor-1');
    expect(pseudonym).toMatch(/^[\w-]{22}$/);
    expect(one.pseudonymizer(route, DAY + 11 * HOUR)?.('visitor-1')).toBe(pseudonym);
    expect(other.pseudonymizer(route, DAY)?.('visitor-1')).toBe(pseudonym);
    expect(one.pseudonymizer(route, DAY)?.('visitor-2')).not.toBe(pseudonym);
  });

  it('gives another one to another site and to another collector', async () => {
    const store = createMemoryStore();
    const pseudonym = (await loaded(store)).pseudonymizer(route, DAY)?.('visitor-1');
    expect((await loaded(store, 'blog')).pseudonymizer(route, DAY)?.('visitor-1')).not.toBe(pseudonym);
    const elsewhere = fakeRoute({ path: '/collect', upstream: { origin: 'http://192.0.2.1' } as Upstream });
    expect((await loaded(store)).pseudonymizer(elsewhere, DAY)?.('visitor-1')).not.toBe(pseudonym);
  });

  it('has none for a day whose secret is not there yet, and another one when it is', async () => {
    const pseudonyms = await loaded();
    const today = pseudonyms.pseudonymizer(route, DAY)?.('visitor-1');
    expect(pseudonyms.pseudonymizer(route, DAY + 24 * HOUR)).toBeNull();
    await settled();
    const tomorrow = pseudonyms.pseudonymizer(route, DAY + 24 * HOUR)?.('visitor-1');
    expect(tomorrow).toMatch(/^[\w-]{22}$/);
    expect(tomorrow).not.toBe(today);
  });

  it('has the secret of a day destroyed two days later', async () => {
    const store = createMemoryStore();
    const key = await store.readDayKey('2026-11-23');
    await loaded(store, 'shop', DAY + 24 * HOUR);
    expect(await store.readDayKey('2026-11-23')).toEqual(key);
    await loaded(store, 'shop', DAY + 48 * HOUR);
    expect(await store.readDayKey('2026-11-23')).not.toEqual(key);
  });

  it('holds the secret of a day no longer than the day', async () => {
    vi.useFakeTimers();
    try {
      const pseudonyms = new DailyPseudonyms({ store: createMemoryStore(), site: 'shop', fault });
      pseudonyms.load(DAY);
      await vi.advanceTimersByTimeAsync(12 * HOUR - 1);
      expect(pseudonyms.pseudonymizer(route, DAY)).not.toBeNull();
      await vi.advanceTimersByTimeAsync(1);
      expect(pseudonyms.pseudonymizer(route, DAY)).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });
});
