/** What a Redis server is set to, told once at start: how much of an answered write survives, and whether it forgets by itself. */
import { endBy } from '../deadline.ts';
import type { RedisLink, RedisNode } from './link.ts';
import { CHANNEL, PROBE } from './scripts.ts';

const CHECK_DEADLINE_MS = 2000;

export type RedisCheck =
  | { readonly ok: true; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** The rights that a user of its own needs; +cluster in a cluster. */
const RIGHTS = '~consentry:* &consentry:* +@connection +@read +@write +@scripting +@pubsub +info +wait +config|get';

/** The problem with what the user of the URL may do, or null for an error that passes. */
export function describeMissingRight(error: unknown): string | null {
  // In a script, Redis says it in words, which differ between 7.0 and 7.2.
  const isMissing = error instanceof Error && /\bNOPERM\b|user executing the script|ACL failure in script/.test(error.message);
  return isMissing ? `store: redis does not let this user do what a gateway has to; ACL SETUSER … ${RIGHTS}` : null;
}

/** Refuses a server that evicts (a no that was evicted would read as silence), and a user who could record nothing. */
export async function checkRedis(link: RedisLink): Promise<RedisCheck> {
  const notes = new Set<string>();
  for (const master of await link.masters()) {
    const missing = await findMissingRight(master);
    if (missing !== null) return { ok: false, problem: missing };
    const policy = await readSetting(master, 'maxmemory-policy');
    if (policy === null)
      notes.add('redis: CONFIG GET is not allowed; see to it that maxmemory-policy is noeviction and appendonly yes');
    else if (policy !== 'noeviction') {
      return { ok: false, problem: `store: redis evicts keys (maxmemory-policy ${policy}); set maxmemory-policy noeviction` };
    }
    notes.add(describeDurability(await readSetting(master, 'appendonly'), await readSetting(master, 'appendfsync')));
  }
  notes.delete('');
  return { ok: true, notes: [...notes] };
}

async function findMissingRight(master: RedisNode): Promise<string | null> {
  try {
    await endBy(CHECK_DEADLINE_MS, master.sendCommand(['EVAL', PROBE, '1', 'consentry:{probe}:probe', CHANNEL]));
    return null;
  } catch (error) {
    // A server that is full or read-only now may take writes later.
    return describeMissingRight(error);
  }
}

function describeDurability(appendonly: string | null, appendfsync: string | null): string {
  if (appendonly === null) return '';
  if (appendonly !== 'yes')
    return 'redis: appendonly is off, a crash of the server loses what was decided since its last snapshot; set appendonly yes';
  if (appendfsync === 'always') return 'redis: appendfsync always, an answered decision is on the disk of the server';
  return `redis: appendfsync ${appendfsync}, a power cut may lose about a second of decisions; set appendfsync always, or redis.wait.replicas`;
}

async function readSetting(master: RedisNode, name: string): Promise<string | null> {
  try {
    const reply: unknown = await endBy(CHECK_DEADLINE_MS, master.sendCommand(['CONFIG', 'GET', name]));
    // A map in RESP3, a flat list in RESP2.
    if (Array.isArray(reply)) return String(reply[1]);
    if (reply instanceof Map) return String([...reply.values()][0]);
    return String(Object.values(reply as Record<string, unknown>)[0]);
  } catch {
    return null;
  }
}
