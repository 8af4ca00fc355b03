/** Every place × purpose × state, as a policy set decides it without any signal. Pure. */
import { type Action, PURPOSES, type Purpose, STATES, type State } from '../consent/state.ts';
import type { CompiledPolicySet } from './compile.ts';
import { formatPlace } from './explain.ts';
import { readGiven } from './given.ts';
import type { RowLines } from './resolved.ts';

export interface MatrixRow {
  /** `DE`, `US-CA`, `ZZ`. */
  readonly place: string;
  readonly policy: string;
  readonly actions: { readonly [P in Purpose]: { readonly [S in State]: Action } };
  /** Where the row of a purpose stands, as `file:line`: in the file, its parent, or a variant of the place. */
  readonly lines: RowLines;
}

export interface MatrixOptions {
  /** Day in milliseconds since the epoch. */
  readonly now: number;
  readonly label: string | null;
  readonly sensitive: boolean;
}

export function buildMatrix(set: CompiledPolicySet, options: MatrixOptions): MatrixRow[] {
  const { now, label, sensitive } = options;
  return set.places().map((place) => {
    const byState = STATES.map((state) => {
      const record = Object.fromEntries(PURPOSES.map((purpose) => [purpose, state]));
      const given = { country: place.country, region: place.subdivision, label, sensitive, record };
      return set.decide(readGiven(given, now).facts, now);
    });
    const actions = Object.fromEntries(
      PURPOSES.map((purpose, p) => [
        purpose,
        Object.fromEntries(STATES.map((state, s) => [state, byState[s]?.purposes[p]?.action ?? 'drop'])),
      ]),
    ) as MatrixRow['actions'];
    // The file that answers on silence: with several asked, the one that decides most.
    const policy = byState[STATES.indexOf('unknown')]?.policy ?? 'none';
    return { place: formatPlace(place), policy, actions, lines: findLines(set, policy, formatPlace(place), options) };
  });
}

/** As the day's table lays variants over a file: each in force that matches the place, the later over the earlier. */
function findLines(set: CompiledPolicySet, id: string, code: string, { now, label }: MatrixOptions): RowLines {
  const policy = set.resolved.policies.find((candidate) => candidate.id === id);
  if (policy === undefined) return {};
  const applying = policy.variants.filter(
    (variant) =>
      variant.match.some((match) => match === '*' || match === code || match === code.slice(0, 2)) &&
      (variant.label === null || variant.label === label) &&
      (variant.effective ?? Number.NEGATIVE_INFINITY) <= now &&
      now < (variant.until ?? Number.POSITIVE_INFINITY),
  );
  return Object.assign({}, policy.lines, ...applying.map(({ lines }) => lines)) as RowLines;
}

/** A line for each place: per purpose the actions on yes, nothing, no. */
export function printMatrix(rows: readonly MatrixRow[]): string {
  const header = ['place', 'policy', ...PURPOSES];
  const lines = rows.map((row) => [
    row.place,
    row.policy,
    ...PURPOSES.map((purpose) =>
      (['granted', 'unknown', 'denied'] as const).map((state) => row.actions[purpose][state]).join(' '),
    ),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => (line[column] as string).length)));
  const print = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd();
  return ['per purpose: on yes, on nothing, on no', print(header), ...lines.map(print)].join('\n');
}

/** `place,policy,purpose,state,action`: a line for each cell. */
export function printMatrixCsv(rows: readonly MatrixRow[]): string {
  const lines = ['place,policy,purpose,state,action'];
  for (const row of rows) {
    for (const purpose of PURPOSES) {
      for (const state of STATES) lines.push([row.place, row.policy, purpose, state, row.actions[purpose][state]].join(','));
    }
  }
  return lines.join('\n');
}
