/**
 * What has to happen at once in Redis, as Lua: Redis runs a script alone, and writes it to its log as one. PUBLISH comes
 * first: a user who may not publish must fail before anything is written, and nobody reads before the script is over.
 */

/** Name of the channel on which every process hears whose head has changed, and its own beats. */
export const CHANNEL = 'consentry:heads';

/** Keys of one subject, all in one slot by the hash tag. */
export function keysOf(subject: string) {
  const prefix = `consentry:{${subject}}`;
  return { head: `${prefix}:head`, key: `${prefix}:key`, chain: `${prefix}:chain`, erased: `${prefix}:erased` };
}

/** KEYS head key chain. ARGV sequence, previous (32 bytes), record, head, new key or empty, channel, subject. 1 appended, 0 conflict. */
export const APPEND = `
local length = redis.call('LLEN', KEYS[3])
if length + 1 ~= tonumber(ARGV[1]) then return 0 end
if length > 0 and string.sub(redis.call('LINDEX', KEYS[3], -1), 33, 64) ~= ARGV[2] then return 0 end
if (redis.call('EXISTS', KEYS[2]) == 1) == (ARGV[5] ~= '') then return 0 end
redis.call('PUBLISH', ARGV[6], ARGV[7])
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('SET', KEYS[1], ARGV[4])
if ARGV[5] ~= '' then redis.call('SET', KEYS[2], ARGV[5]) end
return 1`;

/** KEYS head key chain erased. ARGV time, channel, subject. 1 erased, 0 nobody there. DEL first: a server that is full refuses what begins by SET. */
export const ERASE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('PUBLISH', ARGV[2], ARGV[3])
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('SET', KEYS[4], cjson.encode({redis.call('LLEN', KEYS[3]), ARGV[1]}))
return 1`;

/** KEYS head key chain erased. The whole of a subject as it stands at one moment. */
export const READ_CHAIN = `
return {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), redis.call('GET', KEYS[4]), redis.call('LRANGE', KEYS[3], 0, -1)}`;

/** KEYS head key chain. Head, key, length, last record. */
export const READ_TIP = `
return {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), redis.call('LLEN', KEYS[3]), redis.call('LINDEX', KEYS[3], -1)}`;

/** KEYS claim. ARGV holder, milliseconds. 1 taken or kept, 0 another's. */
export const CLAIM = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/** KEYS probe. ARGV channel. Every command of the scripts above, on a key of nobody. */
export const PROBE = `
redis.call('PUBLISH', ARGV[1], 'beat probe')
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], '')
redis.call('LLEN', KEYS[1])
redis.call('LINDEX', KEYS[1], -1)
redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('EXISTS', KEYS[1])
redis.call('SET', KEYS[1], '', 'PX', 1000)
redis.call('GET', KEYS[1])
return 1`;
