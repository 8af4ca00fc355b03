import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkAnchor } from '../../../src/consent/anchor.ts';
import { createKeyring } from '../../../src/consent/keys.ts';
import { signReceipt } from '../../../src/consent/receipt.ts';
import { retireSubjects } from '../../../src/consent/retire.ts';
import { linkSubjects } from '../../../src/consent/rights.ts';
import { type Purpose, purposeSet } from '../../../src/consent/state.ts';
import { Upkeep, type UpkeepParts } from '../../../src/consent/upkeep.ts';
import { writeConsent } from '../../../src/consent/write.ts';
import type { PolicySet } from '../../../src/policy/policy.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { type ConsentStore, StoreUnavailable } from '../../../src/store/store.ts';
import { DAY_MS, fakePolicies } from '../../support/fake-policies.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const HOUR_MS = 3_600_000;
const keyring = createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 1) }]);
const sign: Parameters<typeof writeConsent>[1]['sign'] = (record) => signReceipt(record, keyring, 'shop');

let store: ConsentStore;
let folder: string;
beforeEach(() => {
  store = createMemoryStore();
  folder = mkdtempSync(join(tmpdir(), 'consentry-upkeep-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function decide(subject: string, yes: Purpose[], no: Purpose[], at: number, country = 'DE'): Promise<void> {
  await writeConsent(
    store,
    {
      subject: null,
      newSubject: subject,
      carry: (choices) => choices,
      decision: {
        action: 'save',
        grants: purposeSet(yes),
        refusals: purposeSet(no),
        policy: 'x@1#2',
        model: 'opt-in',
        notice: null,
      },
      circumstances: { region: { country, subdivision: null }, gpc: false, notice: null, tcString: null, gppString: null },
      sign,
    },
    at,
  );
}

/** What one process did. */
function startProcess(parts: Partial<UpkeepParts>) {
  const did: string[] = [];
  const upkeep = new Upkeep({
    store,
    anchorFolder: folder,
    retainMs: null,
    policies: () => fakePolicies(),
    now: () => NOON,
    anchored: ({ day, subjects }) => did.push(`anchored ${day} ${subjects}`),
    retired: (count) => did.push(`retired ${count}`),
    failed: (error) => did.push(`failed ${(error as Error).name}`),
    ...parts,
  });
  return { upkeep, did };
}

describe('the upkeep', () => {
  it('writes one anchor a day, whichever process comes first, and another the next day', async () => {
    await decide('someone', ['analytics'], [], NOON);
    let now = NOON;
    const [one, two] = [startProcess({ now: () => now }), startProcess({ now: () => now })];
    await Promise.all([one.upkeep.run(), two.upkeep.run()]);
    for (let hour = 0; hour < 11; hour++) {
      now += HOUR_MS;
      await Promise.all([one.upkeep.run(), two.upkeep.run()]);
    }
    expect([...one.did, ...two.did]).toEqual(['anchored 2026-11-23 1']);
    await decide('another', ['analytics'], [], now);
    now += HOUR_MS;
    await two.upkeep.run();
    await one.upkeep.run();
    expect([...one.did, ...two.did]).toEqual(['anchored 2026-11-23 1', 'anchored 2026-11-24 2']);
    expect(readdirSync(folder).sort()).toEqual(['anchor-2026-11-23.txt', 'anchor-2026-11-24.txt']);
    const chain = await store.readChain('another');
    const text = readFileSync(join(folder, 'anchor-2026-11-24.txt'), 'utf8');
    expect(chain !== null && checkAnchor(text, 'another', chain)).toBe('agrees');
  });

  it('takes over within the hour from a process that died over it, and tries again where the disk failed', async () => {
    let now = NOON;
    await store.claim('anchor', 'the one that died', now, HOUR_MS);
    const blocked = join(folder, 'file');
    writeFileSync(blocked, '');
    const failing = startProcess({ now: () => now, anchorFolder: blocked });
    await failing.upkeep.run();
    expect(failing.did).toEqual([]);
    now += HOUR_MS;
    await failing.upkeep.run();
    expect(failing.did).toEqual(['failed Error']);
    now += HOUR_MS;
    const next = startProcess({ now: () => now });
    await next.upkeep.run();
    expect(next.did).toEqual(['anchored 2026-11-23 0']);
  });

  it('ends the keys of pseudonyms after two days, also where no hit comes', async () => {
    const key = await store.readDayKey('2026-11-23');
    let now = NOON;
    const { upkeep } = startProcess({ now: () => now });
    now += DAY_MS;
    await upkeep.run();
    expect(await store.readDayKey('2026-11-23')).toEqual(key);
    now += DAY_MS;
    await upkeep.run();
    expect(await store.readDayKey('2026-11-23')).not.toEqual(key);
  });

  it('says a store that is away, and does not end the process', async () => {
    const away = { ...store, claim: () => Promise.reject(new StoreUnavailable('away')) };
    const { upkeep, did } = startProcess({ store: away, retainMs: DAY_MS });
    await upkeep.run();
    expect(did).toEqual(['failed StoreUnavailable', 'failed StoreUnavailable']);
  });

  it('stops in the midst of its work, and asks the store nothing afterwards', async () => {
    for (let i = 0; i < 500; i++) await decide(`subject-${i}`, ['analytics'], [], NOON);
    let reads = 0;
    const counting = { ...store, readTip: (subject: string) => store.readTip(subject).finally(() => reads++) };
    const { upkeep, did } = startProcess({ store: counting });
    upkeep.start();
    while (reads < 100) await new Promise((resolve) => setImmediate(resolve));
    await upkeep.stop();
    const atEnd = reads;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reads).toBe(atEnd);
    expect(reads).toBeLessThan(500);
    expect(did).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('retires once a day, after the anchor has vouched for what it makes unreadable', async () => {
    await decide('long gone', [], ['analytics'], NOON - 1000 * DAY_MS);
    const { upkeep, did } = startProcess({ retainMs: 900 * DAY_MS });
    await upkeep.run();
    await upkeep.run();
    expect(did).toEqual(['anchored 2026-11-23 1', 'retired 1']);
    expect(await store.readHead('long gone')).toBeNull();
  });
});

describe('retireSubjects', () => {
  /** A yes holds for 100 days in the US, and for 10 anywhere else. */
  const policies: Pick<PolicySet, 'consentRules'> = {
    consentRules: (region, now) => ({
      ...fakePolicies().consentRules(region, now),
      validForMs: (region.country === 'US' ? 100 : 10) * DAY_MS,
    }),
  };
  const retire = (now: number) => retireSubjects(store, policies, 30 * DAY_MS, now);

  it('counts from when a no was said', async () => {
    await decide('refused', [], ['analytics'], NOON);
    expect(await retire(NOON + 29 * DAY_MS)).toBe(0);
    expect(await retire(NOON + 30 * DAY_MS)).toBe(1);
    expect((await store.readChain('refused'))?.erasure?.throughSequence).toBe(1);
  });

  it('counts from when a yes ran out where it was given, and touches none in force', async () => {
    await decide('visitor', ['analytics'], ['advertising'], NOON, 'US');
    await decide('phone', [], ['advertising'], NOON, 'DE');
    expect(await linkSubjects({ store, keyring, site: 'shop' }, ['visitor', 'phone'], NOON + 1)).toBe('linked');
    await decide('phone', [], ['advertising'], NOON + 200 * DAY_MS);
    expect(await retire(NOON + 99 * DAY_MS)).toBe(0);
    expect(await retire(NOON + 129 * DAY_MS)).toBe(0);
    expect(await retire(NOON + 131 * DAY_MS)).toBe(1);
    expect(await store.readHead('visitor')).toBeNull();
    expect(await store.readHead('phone')).not.toBeNull();
  });

  it('believes the place that an external subject was recorded with', async () => {
    const place = { country: 'US', subdivision: 'CA' };
    const decision = {
      action: 'save',
      grants: purposeSet(['analytics']),
      refusals: 0,
      policy: 'x',
      model: 'opt-out',
      notice: null,
    } as const;
    const circumstances = {
      region: { country: 'ZZ', subdivision: null },
      gpc: false,
      notice: null,
      tcString: null,
      gppString: null,
    };
    await writeConsent(
      store,
      { subject: null, newSubject: 'x.mail', place, carry: (choices) => choices, decision, circumstances, sign },
      NOON,
    );
    expect(await retire(NOON + 129 * DAY_MS)).toBe(0);
    expect(await retire(NOON + 130 * DAY_MS)).toBe(1);
  });
});
