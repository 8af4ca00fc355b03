import { describe, expect, it } from 'vitest';
import type { ConsentHead } from '../../../src/consent/record.ts';
import { Breaker, endBy } from '../../../src/store/deadline.ts';
import { decodeHead, encodeHead } from '../../../src/store/head-codec.ts';
import { openStore } from '../../../src/store/open.ts';
import { decodeRecord, encodeRecord } from '../../../src/store/record-codec.ts';
import { slotOf } from '../../../src/store/redis/cluster.ts';
import { GroupWriter } from '../../../src/store/redis/group-write.ts';
import { HeadCache } from '../../../src/store/redis/head-cache.ts';
import { keysOf } from '../../../src/store/redis/scripts.ts';
import { parseRedisUrl } from '../../../src/store/redis/target.ts';
import { StoreUnavailable } from '../../../src/store/store.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('parseRedisUrl', () => {
  it.each([
    [
      'redis://localhost',
      {
        kind: 'single',
        addresses: [{ host: 'localhost', port: 6379 }],
        isTls: false,
        database: 0,
        username: null,
        password: null,
      },
    ],
    [
      'rediss://app:p%40ss@r.example:6380/3',
      {
        kind: 'single',
        isTls: true,
        username: 'app',
        password: 'p@ss',
        database: 3,
        addresses: [{ host: 'r.example', port: 6380 }],
      },
    ],
    ['redis://:secret@[::1]:7000', { username: null, password: 'secret', addresses: [{ host: '::1', port: 7000 }] }],
    [
      'redis-cluster://a:7001,b:7002,c',
      {
        kind: 'cluster',
        addresses: [
          { host: 'a', port: 7001 },
          { host: 'b', port: 7002 },
          { host: 'c', port: 6379 },
        ],
      },
    ],
    [
      'redis-sentinel://u:p@s1,s2:26380/main?sentinel-password=q',
      {
        kind: 'sentinel',
        master: 'main',
        sentinelPassword: 'q',
        addresses: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
        ],
      },
    ],
  ])('reads %s', (url, expected) => expect(parseRedisUrl(url)).toMatchObject(expected));

  it.each([
    'redis://',
    'redis://a,b',
    'redis-sentinel://s1',
    'http://a',
    'redis://a/x',
    'redis://a:b:c',
    'redis://%zz:%zz@a',
    'lmdb:x',
  ])('refuses %s', (url) => expect(parseRedisUrl(url)).toBeNull());

  it('never repeats the URL in a problem', async () => {
    const opened = await openStore('redis://user:secret@');
    expect(!opened.ok && opened.problem).not.toContain('secret');
  });
});

describe('keys of a subject', () => {
  it('lie in one slot of a cluster', () => {
    const slots = Object.values(keysOf('sub{ject')).map(slotOf);
    expect(new Set(slots).size).toBe(1);
    // By CLUSTER KEYSLOT of Redis 7.
    expect(slotOf('foo')).toBe(12_182);
    expect(slotOf('consentry:{foo}:head')).toBe(12_182);
    expect(slotOf('{}foo')).toBe(slotOf('{}foo'));
  });
});

describe('Breaker', () => {
  it('opens after three failures in a row, and lets one call through after a pause', async () => {
    const heard: boolean[] = [];
    const breaker = new Breaker({ onBreaker: (isOpen) => heard.push(isOpen) });
    breaker.fail();
    breaker.fail();
    breaker.succeed();
    for (let i = 0; i < 3; i++) breaker.fail();
    expect(breaker.mayCall()).toBe(false);
    await sleep(260);
    expect([breaker.mayCall(), breaker.mayCall()]).toEqual([true, false]);
    breaker.fail();
    expect(breaker.mayCall()).toBe(false);
    await sleep(260);
    expect(breaker.mayCall()).toBe(true);
    breaker.succeed();
    expect(breaker.mayCall()).toBe(true);
    expect(heard).toEqual([true, false]);
  });
});

describe('endBy', () => {
  it('does not wait for ever', async () => {
    await expect(endBy(10, new Promise(() => {}))).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await endBy(10, Promise.resolve(1))).toBe(1);
    await expect(endBy(10, Promise.reject(new TypeError('x')))).rejects.toBeInstanceOf(TypeError);
  });
});

describe('HeadCache', () => {
  const head = (sequence: number): ConsentHead => ({ subject: 's', sequence, hash: 'a'.repeat(64), choices: {} });

  it('holds heads under a lease, and not without', async () => {
    const cache = new HeadCache();
    let reads = 0;
    const fetch = async () => head(++reads);
    await cache.read('s', fetch);
    await cache.read('s', fetch);
    expect(reads).toBe(2);
    cache.renew(performance.now());
    await cache.read('s', fetch);
    expect(await cache.read('s', fetch)).toMatchObject({ sequence: 3 });
    cache.renew(performance.now() - 5000);
    expect(cache.isLeased).toBe(true);
    cache.forget('s');
    expect(await cache.read('s', fetch)).toMatchObject({ sequence: 4 });
    cache.distrust();
    expect(cache.isLeased).toBe(false);
  });

  it('does not hold what an invalidation has overtaken', async () => {
    const cache = new HeadCache();
    cache.renew(performance.now());
    let land: (value: ConsentHead) => void = () => {};
    const old = cache.read('s', () => new Promise((resolve) => (land = resolve)));
    cache.forget('s');
    const fresh = cache.read('s', async () => head(2));
    land(head(1));
    expect(await old).toMatchObject({ sequence: 1 });
    expect(await fresh).toMatchObject({ sequence: 2 });
    expect(cache.read('s', async () => head(3))).toMatchObject({ sequence: 2 });
  });

  it('asks once for many', async () => {
    const cache = new HeadCache();
    let reads = 0;
    await Promise.all(Array.from({ length: 50 }, () => cache.read('s', async () => head(++reads))));
    expect(reads).toBe(1);
  });
});

describe('GroupWriter', () => {
  it('puts one WAIT behind many writes, for the most replicas that any of them needs', async () => {
    const sent: string[] = [];
    const node = {
      sendCommand: async (args: readonly (string | Buffer)[]) => {
        sent.push(args.join(' '));
        if (args[0] === 'FAIL') throw new Error('refused');
        return args[0] === 'WAIT' ? 2 : 1;
      },
    };
    const writer = new GroupWriter(node, 200);
    const results = await Promise.allSettled([
      writer.write(['A'], 1, 500),
      writer.write(['FAIL'], 2, 500),
      writer.write(['B'], 1, 500),
    ]);
    expect(sent).toEqual(['A', 'FAIL', 'B', 'WAIT 2 200']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await writer.write(['C'], 1, 500)).toEqual({ answer: 1, replicas: 2 });
  });

  it('does not send what nobody waits for any longer', async () => {
    const sent: string[] = [];
    let release: (value: number) => void = () => {};
    const node = {
      sendCommand: (args: readonly (string | Buffer)[]) => {
        sent.push(String(args[0]));
        return args[0] === 'WAIT' ? new Promise<number>((resolve) => (release = resolve)) : Promise.resolve(1);
      },
    };
    const writer = new GroupWriter(node, 200);
    const first = writer.write(['A'], 1, 1000);
    await sleep(5);
    void writer.write(['LATE'], 1, 10);
    await sleep(20);
    release(1);
    await first;
    await sleep(5);
    expect(sent).toEqual(['A', 'WAIT']);
    const next = writer.write(['B'], 1, 1000);
    await sleep(5);
    release(1);
    expect(await next).toEqual({ answer: 1, replicas: 1 });
  });
});

describe('codecs', () => {
  const head: ConsentHead = {
    subject: 's',
    sequence: 7,
    hash: 'a'.repeat(64),
    choices: {
      analytics: { state: 'granted', at: 5, policy: 'eu@1#2', model: 'opt-in', notice: '2026-11' },
      advertising: { state: 'withdrawn', at: 6, policy: 'us@1#2', model: 'opt-out', notice: null },
    },
  };

  it('give back a head, with place and remembered keys where there are any', () => {
    for (const whole of [
      head,
      { ...head, place: { country: 'US', subdivision: 'CA' } },
      { ...head, place: { country: 'DE', subdivision: null }, seen: ['x'] },
      { ...head, seen: ['x', 'y'] },
    ]) {
      expect(decodeHead('s', encodeHead(whole))).toEqual(whole);
    }
  });

  it.each([
    '',
    '{}',
    '[]',
    '[1]',
    'null',
    '[1,"x",[],[],[]]',
    `[1,"${'a'.repeat(64)}",[],[],[[9,0,1,0,0,-1]]]`,
    `[1,"${'a'.repeat(64)}",[],[],[[2,0,1,0,0,-1]]]`,
  ])('never read %j as nothing known', (text) => expect(() => decodeHead('s', text)).toThrow(StoreUnavailable));

  it('give back a record, and refuse bytes that are none', () => {
    const record = {
      sequence: 3,
      previous: 'b'.repeat(64),
      hash: 'c'.repeat(64),
      signature: 'k1.sig',
      ciphertext: Buffer.from('xyz'),
    };
    expect(decodeRecord(3, encodeRecord(record))).toEqual(record);
    expect(() => decodeRecord(3, encodeRecord(record).subarray(0, 66))).toThrow(StoreUnavailable);
    expect(() => decodeRecord(3, Buffer.alloc(0))).toThrow(StoreUnavailable);
  });
});
