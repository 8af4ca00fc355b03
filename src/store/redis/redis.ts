/**
 * Records in Redis, for gateways on several machines. Reads come from the master or from a cache that is invalidated by
 * what the writing script publishes; writes are one script each. Every call ends within a deadline of our own.
 */

import { randomBytes } from 'node:crypto';
import { Breaker, type BreakerEvents, endBy } from '../deadline.ts';
import { decodeHead, encodeHead } from '../head-codec.ts';
import { decodeRecord, encodeRecord, readHash } from '../record-codec.ts';
import { type ConsentStore, DAY_KEY_BYTES, type Erasure, GENESIS_HASH, StoreUnavailable } from '../store.ts';
import { isSubject } from '../subject.ts';
import { startBeat } from './beat.ts';
import { GroupWriter } from './group-write.ts';
import { HeadCache } from './head-cache.ts';
import type { RedisLink, RedisNode } from './link.ts';
import { createReplicaWatch } from './replicas.ts';
import { APPEND, CHANNEL, CLAIM, ERASE, keysOf, READ_CHAIN, READ_TIP } from './scripts.ts';

export interface RedisStoreOptions extends BreakerEvents {
  /** Replicas that have to have every write before it is answered, and for how long that may take. */
  readonly wait: { readonly replicas: number; readonly timeoutMs: number };
}

const READ_DEADLINE_MS = 200;
const WRITE_DEADLINE_MS = 250;
const SCAN_COUNT = 500;
/** From its first use: the rest of its day, and a day in which late hits and other clocks are served. */
const DAY_KEY_LIFE_MS = 48 * 3_600_000;

export async function createRedisStore(link: RedisLink, options: RedisStoreOptions): Promise<ConsentStore> {
  const cache = new HeadCache();
  const breakers = new Map<string, Breaker>();
  const groups = new WeakMap<RedisNode, GroupWriter>();
  const replicas = createReplicaWatch(link);
  const beat = startBeat(link, (sentAt) => cache.renew(sentAt));
  const onMessage = (message: string) => {
    if (!beat.hear(message)) cache.forget(message);
  };
  const close = async () => {
    beat.stop();
    replicas.stop();
    await link.close();
  };
  try {
    await link.subscribe(CHANNEL, onMessage, () => cache.distrust());
  } catch (error) {
    await close();
    throw error;
  }

  /** One breaker for each server and direction: a shard that is away, or that takes no writes, closes no other door. */
  function breakerFor(direction: 'read' | 'write', key: string): Breaker {
    const name = `${direction} ${link.shardOf(key)}`;
    const known = breakers.get(name);
    if (known !== undefined) return known;
    const breaker = new Breaker(options);
    breakers.set(name, breaker);
    return breaker;
  }

  /** Runs a call under deadline and breaker. An answer that refuses is an answer: the server is there. */
  async function call<Answer>(deadlineMs: number, breaker: Breaker, run: () => Promise<Answer>): Promise<Answer> {
    if (!breaker.mayCall()) throw new StoreUnavailable('the store has not answered; it is asked again in a moment');
    try {
      const answer = await endBy(deadlineMs, run());
      breaker.succeed();
      return answer;
    } catch (error) {
      link.refresh(isReadOnly(error));
      if (isReplyError(error)) breaker.succeed();
      else breaker.fail();
      if (error instanceof StoreUnavailable) throw error;
      throw new StoreUnavailable('the store refused or broke off', { cause: error });
    }
  }

  function groupOf(node: RedisNode): GroupWriter {
    const known = groups.get(node);
    if (known !== undefined) return known;
    const group = new GroupWriter(node, options.wait.timeoutMs);
    groups.set(node, group);
    return group;
  }

  function read(key: string, args: (string | Buffer)[]): Promise<unknown> {
    return call(READ_DEADLINE_MS, breakerFor('read', key), async () => (await link.reader(key)).sendCommand(args));
  }

  async function write(subject: string, isUrgent: boolean, args: (string | Buffer)[]): Promise<unknown> {
    const { head } = keysOf(subject);
    const needed = replicas.needed(options.wait.replicas, isUrgent);
    // A group that is under way may have to be waited for first.
    const deadlineMs = WRITE_DEADLINE_MS + (needed > 0 ? 2 * options.wait.timeoutMs : 0);
    cache.forget(subject);
    try {
      const reply = await call(deadlineMs, breakerFor('write', head), async () => {
        const node = await link.writer(head);
        return needed === 0
          ? { answer: await node.sendCommand(args), replicas: 0 }
          : groupOf(node).write(args, needed, deadlineMs);
      });
      // No fault of the server that answered: the breaker is not for this.
      if (reply.replicas < needed) throw new StoreUnavailable('too few replicas have the record');
      return reply.answer;
    } finally {
      cache.forget(subject);
    }
  }

  return {
    kind: 'redis',
    readHead: (subject) =>
      !isSubject(subject)
        ? null
        : cache.read(subject, async () => {
            const key = keysOf(subject).head;
            const text = await read(key, ['GET', key]);
            return text === null ? null : decodeHead(subject, String(text));
          }),
    async readTip(subject) {
      if (!isSubject(subject)) return { head: null, key: null, sequence: 0, hash: GENESIS_HASH };
      const { head, key, chain } = keysOf(subject);
      const [headText, keyBytes, length, last] = (await read(
        head,
        describeScript(READ_TIP, [head, key, chain], []),
      )) as (Buffer | null)[];
      return {
        head: isMissing(headText) ? null : decodeHead(subject, String(headText)),
        key: isMissing(keyBytes) ? null : Buffer.from(keyBytes),
        sequence: Number(length),
        hash: isMissing(last) ? GENESIS_HASH : readHash(last),
      };
    },
    async append({ record, head, newKey, isUrgent }) {
      const keys = keysOf(head.subject);
      const previous = Buffer.from(record.previous, 'hex');
      const script = describeScript(
        APPEND,
        [keys.head, keys.key, keys.chain],
        [String(record.sequence), previous, encodeRecord(record), encodeHead(head), newKey ?? '', CHANNEL, head.subject],
      );
      const appended = await write(head.subject, isUrgent, script);
      return Number(appended) === 1 ? 'appended' : 'conflict';
    },
    async readChain(subject) {
      if (!isSubject(subject)) return null;
      const { head, key, chain, erased } = keysOf(subject);
      const reply = (await read(head, describeScript(READ_CHAIN, [head, key, chain, erased], []))) as [
        Buffer | null,
        Buffer | null,
        Buffer | null,
        Buffer[],
      ];
      const [headText, keyBytes, erasedText, rows] = reply;
      if (rows.length === 0 && isMissing(erasedText)) return null;
      const records = rows.map((bytes, index) => decodeRecord(index + 1, bytes));
      const tip = {
        head: isMissing(headText) ? null : decodeHead(subject, String(headText)),
        key: isMissing(keyBytes) ? null : Buffer.from(keyBytes),
        sequence: records.length,
        hash: records.at(-1)?.hash ?? GENESIS_HASH,
      };
      return { tip, records, erasure: isMissing(erasedText) ? null : readErasure(String(erasedText)) };
    },
    async erase(subject, at) {
      if (!isSubject(subject)) return false;
      const { head, key, chain, erased } = keysOf(subject);
      const script = describeScript(ERASE, [head, key, chain, erased], [String(at), CHANNEL, subject]);
      return Number(await write(subject, true, script)) === 1;
    },
    async *subjects() {
      for (const master of await link.masters()) yield* scanSubjects(master);
    },
    async readDayKey(day) {
      const key = `consentry:{day-${day}}:key`;
      const drawn = ['SET', key, randomBytes(DAY_KEY_BYTES), 'NX', 'PX', String(DAY_KEY_LIFE_MS)];
      await call(WRITE_DEADLINE_MS, breakerFor('write', key), async () => (await link.writer(key)).sendCommand(drawn));
      const kept = await call(READ_DEADLINE_MS, breakerFor('read', key), async () =>
        (await link.writer(key)).sendCommand(['GET', key]),
      );
      if (!Buffer.isBuffer(kept)) throw new StoreUnavailable('the key of the day could not be read');
      return kept;
    },
    // The server itself forgets them.
    forgetDayKeys: async () => {},
    async claim(task, holder, _now, forMs) {
      const key = `consentry:{claim-${task}}:claim`;
      const script = describeScript(CLAIM, [key], [holder, String(forMs)]);
      const taken = await call(WRITE_DEADLINE_MS, breakerFor('write', key), async () =>
        (await link.writer(key)).sendCommand(script),
      );
      return Number(taken) === 1;
    },
    async isWritable() {
      const key = 'consentry:{probe}:probe';
      try {
        const probe = ['SET', key, '1', 'EX', '60'];
        await call(WRITE_DEADLINE_MS, breakerFor('write', key), async () => (await link.writer(key)).sendCommand(probe));
        return true;
      } catch {
        return false;
      }
    },
    close,
  };
}

function describeScript(script: string, keys: readonly string[], args: readonly (string | Buffer)[]): (string | Buffer)[] {
  return ['EVAL', script, String(keys.length), ...keys, ...args];
}

/** A script's nil is null, or false where the reply came through Lua. */
function isMissing(value: Buffer | null | undefined): value is null | undefined {
  return value === null || value === undefined || (value as unknown) === false;
}

function readErasure(text: string): Erasure {
  const [throughSequence, at] = JSON.parse(text) as [number, string];
  return { throughSequence, at: Number(at) };
}

/** An error that the server said, and not one about not reaching it. */
function isReplyError(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(READONLY|NOREPLICAS|OOM|MISCONF|MOVED|ASK|CLUSTERDOWN|TRYAGAIN|NOPERM|ERR|WRONGTYPE|LOADING|MASTERDOWN|BUSY)\b/.test(
      error.message,
    )
  );
}

/** Before Redis 7, a script's error stands inside another. */
function isReadOnly(error: unknown): boolean {
  return error instanceof Error && /\bREADONLY\b/.test(error.message);
}

async function* scanSubjects(master: RedisNode): AsyncIterable<string> {
  let cursor = '0';
  do {
    const reply = await endBy(
      5000,
      master.sendCommand(['SCAN', cursor, 'MATCH', 'consentry:{*}:chain', 'COUNT', String(SCAN_COUNT)]),
    );
    const [next, keys] = reply as [Buffer, Buffer[]];
    for (const key of keys) yield String(key).slice('consentry:{'.length, -'}:chain'.length);
    cursor = String(next);
  } while (cursor !== '0');
}
