/**
 * A head as text for the stores that keep one: small, since there is one per subject, and quick to read, since every hit
 * reads one. Policies and notices repeat from purpose to purpose and are written once.
 *
 * `[sequence, hash, policies, notices, choices, place, seen]`, the last two where there are any; a choice is `[purpose, state, at, policy, model, notice]` by position.
 */
import type { Choice, ConsentHead, Model } from '../consent/record.ts';
import { PURPOSE_INDEX, PURPOSES, type Purpose } from '../consent/state.ts';
import { StoreUnavailable } from './store.ts';

const CHOICE_STATES = ['granted', 'denied', 'withdrawn'] as const;
const MODELS: readonly Model[] = ['opt-in', 'opt-out', 'none'];

type ChoiceRow = readonly [purpose: number, state: number, at: number, policy: number, model: number, notice: number];
type HeadRow = readonly [
  sequence: number,
  hash: string,
  policies: readonly string[],
  notices: readonly string[],
  choices: readonly ChoiceRow[],
  place?: string,
  seen?: readonly string[],
];

export function encodeHead(head: ConsentHead): string {
  const policies: string[] = [];
  const notices: string[] = [];
  const choices: ChoiceRow[] = [];
  for (const purpose of PURPOSES) {
    const choice = head.choices[purpose];
    if (choice === undefined) continue;
    choices.push([
      PURPOSE_INDEX[purpose],
      CHOICE_STATES.indexOf(choice.state),
      choice.at,
      position(policies, choice.policy),
      MODELS.indexOf(choice.model),
      choice.notice === null ? -1 : position(notices, choice.notice),
    ]);
  }
  const { sequence, hash, place, seen } = head;
  const where = place === undefined ? '' : `${place.country}-${place.subdivision ?? ''}`;
  if (seen !== undefined && seen.length > 0) return JSON.stringify([sequence, hash, policies, notices, choices, where, seen]);
  if (where !== '') return JSON.stringify([sequence, hash, policies, notices, choices, where]);
  return JSON.stringify([sequence, hash, policies, notices, choices]);
}

function position(list: string[], value: string): number {
  const at = list.indexOf(value);
  return at >= 0 ? at : list.push(value) - 1;
}

/** @throws StoreUnavailable for a head that cannot be read: it must never read as nothing known. */
export function decodeHead(subject: string, text: string): ConsentHead {
  try {
    const [sequence, hash, policies, notices, rows, where = '', seen] = JSON.parse(text) as HeadRow;
    const choices: { [P in Purpose]?: Choice } = {};
    for (const [purpose, state, at, policy, model, notice] of rows) {
      choices[pick(PURPOSES, purpose)] = {
        state: pick(CHOICE_STATES, state),
        at,
        policy: pick(policies, policy),
        model: pick(MODELS, model),
        notice: notice < 0 ? null : pick(notices, notice),
      };
    }
    if (!Number.isSafeInteger(sequence) || hash.length !== 64) throw new RangeError('head');
    return {
      subject,
      sequence,
      hash,
      choices,
      ...(where === '' ? {} : { place: readPlace(where) }),
      ...(seen === undefined ? {} : { seen }),
    };
  } catch {
    throw new StoreUnavailable('a head in the store cannot be read; restore the store from a backup');
  }
}

function readPlace(where: string): NonNullable<ConsentHead['place']> {
  const [country = '', subdivision = ''] = where.split('-');
  return { country, subdivision: subdivision === '' ? null : subdivision };
}

function pick<Item>(list: readonly Item[], index: number): Item {
  const item = list[index];
  if (item === undefined) throw new RangeError('head');
  return item;
}
