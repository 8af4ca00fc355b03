/**
 * Facts of a decision as a decision log keeps them: plain data without an identifier, and enough of every signal that it can be
 * heard again under other rules. Replay reads them back.
 */
import { z } from 'zod';
import type { Choice, ConsentHead } from '../consent/record.ts';
import { ALL_PURPOSES, PURPOSES, type Purpose } from '../consent/state.ts';
import type { Facts } from './policy.ts';
import { RecordedSignal, recordSignal, restoreSignal } from './recorded-signal.ts';

const model = z.enum(['opt-in', 'opt-out', 'none']);
const recordedChoice = z.strictObject({
  state: z.enum(['granted', 'denied', 'withdrawn']),
  /** Milliseconds since the epoch. */
  at: z.number(),
  model,
  /** Whether it names a registered notice. */
  proof: z.boolean(),
});
const place = z.object({ country: z.string(), subdivision: z.string().nullable() });
const purposeSet = z.int().min(0).max(ALL_PURPOSES);

export const RecordedFacts = z.object({
  region: place.extend({ source: z.string(), disagrees: place.nullable() }),
  record: z.union([z.enum(['unavailable', 'invalid']), z.partialRecord(z.enum(PURPOSES), recordedChoice)]).nullable(),
  denied: purposeSet,
  signals: z.array(RecordedSignal),
  label: z.string().nullable(),
  sensitive: z.boolean(),
  age: z.number().nullable(),
  tcfVendor: z.number().nullable(),
  isPublisher: z.boolean().optional(),
});
export type RecordedFacts = z.infer<typeof RecordedFacts>;

export function recordFacts(facts: Facts): RecordedFacts {
  const { region, record, denied, signals, label, sensitive, age, tcfVendor, isPublisher } = facts;
  const { country, subdivision, source, disagrees } = region;
  const context = { tcfVendor, isPublisher: isPublisher ?? false };
  return {
    region: { country, subdivision, source, disagrees },
    record: typeof record === 'object' && record !== null ? recordChoices(record) : record,
    denied,
    signals: signals.map((reading) => recordSignal(reading, context)),
    label,
    sensitive,
    age,
    tcfVendor,
    ...(isPublisher === undefined ? {} : { isPublisher }),
  };
}

export function restoreFacts(recorded: RecordedFacts): Facts {
  const { region, record, denied, signals, label, sensitive, age, tcfVendor } = recorded;
  return {
    region,
    record: typeof record === 'object' && record !== null ? restoreChoices(record) : record,
    denied,
    signals: signals.map(restoreSignal),
    label,
    sensitive,
    age,
    tcfVendor,
    ...(recorded.isPublisher === undefined ? {} : { isPublisher: recorded.isPublisher }),
  };
}

type RecordedChoices = Exclude<RecordedFacts['record'], string | null>;

function recordChoices(head: ConsentHead): RecordedChoices {
  const choices: RecordedChoices = {};
  for (const purpose of PURPOSES) {
    const choice = head.choices[purpose];
    if (choice === undefined) continue;
    choices[purpose] = { state: choice.state, at: choice.at, model: choice.model, proof: choice.notice !== null };
  }
  return choices;
}

function restoreChoices(recorded: RecordedChoices): ConsentHead {
  const choices: { [P in Purpose]?: Choice } = {};
  for (const purpose of PURPOSES) {
    const choice = recorded[purpose];
    if (choice === undefined) continue;
    choices[purpose] = {
      state: choice.state,
      at: choice.at,
      policy: '',
      model: choice.model,
      notice: choice.proof ? 'recorded' : null,
    };
  }
  return { subject: '', sequence: 0, hash: '', choices };
}
