/** Reads the decisions of a decision log, line by line: a segment, or a folder of them. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { PURPOSES } from '../consent/state.ts';
import { type RecordedFacts, readRecordedFacts } from '../ops/evidence-log-facts.ts';
import type { Facts } from '../policy/policy.ts';
import { SIGNAL_NAMES } from '../signals/signal.ts';

export interface LoggedDecision {
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly weight: number;
}

const place = { country: z.string(), subdivision: z.string().nullable() };
const purposes = z.array(z.enum(PURPOSES));
const choice = z.object({
  state: z.enum(['granted', 'denied', 'withdrawn']),
  days: z.number(),
  model: z.enum(['opt-in', 'opt-out', 'none']),
  notice: z.boolean(),
});
const tcf = z.object({ consents: z.array(z.number()), refuses: z.array(z.number()), unreadable: z.boolean() });
const signal = z.looseObject({
  signal: z.enum(SIGNAL_NAMES),
  carrier: z.string(),
  said: z.string(),
  grants: purposes.optional(),
  denies: purposes.optional(),
  unreadable: purposes.optional(),
  tcf: tcf.optional(),
  vendor: tcf.optional(),
  optOuts: z.record(z.string(), z.array(z.string())).optional(),
  gpc: z.boolean().optional(),
  unreadableSections: z.union([z.literal('any'), z.array(z.string())]).optional(),
});
const decision = z.object({
  kind: z.literal('decision'),
  at: z.iso.datetime(),
  weight: z.int().positive(),
  facts: z.object({
    ...place,
    source: z.string(),
    disagrees: z.object(place).nullable(),
    record: z.union([z.enum(['unavailable', 'invalid']), z.partialRecord(z.enum(PURPOSES), choice)]).nullable(),
    denied: purposes,
    signals: z.array(signal),
    label: z.string().nullable(),
    sensitive: z.boolean(),
    age: z.number().nullable(),
    tcfVendor: z.number().nullable(),
    publisher: z.boolean(),
  }),
});

/**
 * The decisions with facts, in the order of the lines; other lines, and lines that are none of ours, are passed over.
 * @throws the system's error where the file cannot be read.
 */
export async function* readDecisionLog(path: string): AsyncGenerator<LoggedDecision> {
  for (const file of await listFiles(path)) {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      const read = parseLine(line);
      if (read !== null) yield read;
    }
  }
}

async function listFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(path, name));
}

function parseLine(line: string): LoggedDecision | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const read = decision.safeParse(value).data;
  if (read === undefined) return null;
  const at = Date.parse(read.at);
  return { facts: readRecordedFacts(read.facts as RecordedFacts, at), at, weight: read.weight };
}
