/** The policy in force: its matrix, an explanation, and the last decisions. */
import { ask } from './ask.js';
import { find, make, table } from './dom.js';

const PURPOSES = ['necessary', 'functional', 'analytics', 'personalization', 'advertising'];
const COLUMNS = { granted: 'yes', unknown: 'nothing', denied: 'no' };
const MARKS = { forward: '→', anonymize: '◐', drop: '✕' };

/** Places with the same file and the same cells are one row. @param {{rows: object[]}} matrix @param {{policies: {id: string, file: string}[]}} list */
export function groupMatrix({ rows }, { policies }) {
  const files = new Map(policies.map(({ id, file }) => [id, file]));
  const groups = new Map();
  for (const { place, policy, actions, lines } of rows) {
    const key = `${policy} ${JSON.stringify(actions)} ${JSON.stringify(lines)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { policy, file: files.get(policy) ?? '', actions, lines, places: [place] });
    else group.places.push(place);
  }
  return [...groups.values()];
}

/** @param {ReturnType<typeof groupMatrix>} groups @param {string} wanted */
export function showMatrix(groups, wanted) {
  const text = wanted.trim().toUpperCase();
  const isWanted = ({ places, policy }) =>
    text === '' || policy.toUpperCase().includes(text) || places.some((place) => place.startsWith(text));
  const rows = groups
    .filter(isWanted)
    .map((group) =>
      make(
        'tr',
        {},
        make('th', { scope: 'row' }, listPlaces(group.places), make('small', {}, group.file || group.policy)),
        ...PURPOSES.map((purpose) =>
          make(
            'td',
            {},
            ...Object.keys(COLUMNS).map((column) => cell(group.actions[purpose][column], COLUMNS[column])),
            make('small', {}, group.lines[purpose] ?? ''),
          ),
        ),
      ),
    );
  const head = make(
    'tr',
    {},
    make('th', { scope: 'col' }, 'place, file'),
    ...PURPOSES.map((purpose) => make('th', { scope: 'col' }, purpose)),
  );
  find('matrix').replaceChildren(
    rows.length === 0
      ? make('p', { class: 'note' }, 'No place and no file of that name.')
      : make('table', { class: 'matrix' }, make('thead', {}, head), make('tbody', {}, ...rows)),
  );
}

function cell(action, known) {
  return make(
    'span',
    { class: 'cell', 'data-action': action, title: `${known}: ${action}` },
    make('span', { 'aria-hidden': 'true' }, MARKS[action]),
    make('span', { class: 'hush' }, `${known}: ${action}. `),
  );
}

function listPlaces(places) {
  if (places.length <= 12) return places.join(', ');
  return make(
    'details',
    {},
    make('summary', {}, `${places.slice(0, 8).join(', ')} and ${places.length - 8} more`),
    places.slice(8).join(', '),
  );
}

/** @param {HTMLFormElement} form */
export async function explain(form) {
  const data = new FormData(form);
  const text = (name) => String(data.get(name) ?? '').trim();
  const record = text('record');
  const given = {
    ...(text('country') && { country: text('country').toUpperCase() }),
    ...(text('region') && { region: text('region').toUpperCase() }),
    ...(text('us-privacy') && { 'us-privacy': text('us-privacy') }),
    ...(data.has('gpc') && { gpc: '1' }),
    ...(data.has('sensitive') && { sensitive: true }),
    ...(record === 'unavailable' && { record }),
    ...(record &&
      record !== 'unavailable' && { record: Object.fromEntries(PURPOSES.slice(1).map((purpose) => [purpose, record])) }),
  };
  try {
    find('explained').replaceChildren(...describe(await ask('/admin/explain', given)));
  } catch (error) {
    find('explained').replaceChildren(make('p', { class: 'error' }, error.message));
  }
}

function describe({ version, also, model, place, purposes }) {
  const where = place.subdivision === null ? place.country : `${place.country}-${place.subdivision}`;
  const others = also.length === 0 ? '' : `; the stricter answer of these counts too: ${also.join(', ')}`;
  const rows = Object.entries(purposes).map(([purpose, { state, action, policy, cell: name, reasons }]) => [
    purpose,
    state,
    make('span', { class: 'cell wide', 'data-action': action }, `${MARKS[action]} ${action}`),
    reasons.map(sayReason).join('; '),
    `${policy}: ${name}`,
  ]);
  return [
    make('p', {}, `${where} → `, make('code', {}, version), ` (${model})${others}`),
    table(['purpose', 'state', 'action', 'because', 'cell'], rows, ''),
  ];
}

function sayReason({ code, signal, field, said, detail }) {
  const words = signal === undefined ? code : `${signal} says ${said} (${field})`;
  return detail === undefined ? words : `${words}, ${detail}`;
}

/** @param {{decisions: object[]}} answer */
export function showRecent({ decisions }) {
  const rows = decisions
    .slice(0, 20)
    .map(({ at, route, facts, outcome, fault, policy, purposes, gate }) => [
      make('time', { datetime: at }, at.slice(11, 19)),
      route,
      facts === null ? '–' : [facts.country, facts.subdivision].filter(Boolean).join('-'),
      make('span', { class: 'cell wide', 'data-action': OUTCOMES[outcome] }, fault === null ? outcome : `${outcome}: ${fault}`),
      purposes === null
        ? ''
        : gate.map((purpose) => `${purpose}: ${purposes[purpose]?.state} (${purposes[purpose]?.reasons.join(', ')})`).join('; '),
      policy?.split('#')[0] ?? '',
    ]);
  find('recent').replaceChildren(table(['UTC', 'route', 'place', 'outcome', 'because', 'policy'], rows, 'No hit yet.'));
}

const OUTCOMES = { forwarded: 'forward', anonymized: 'anonymize', dropped: 'drop', 'dropped-by-fault': 'fault' };
