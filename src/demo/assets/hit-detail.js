/** What became of one hit, in full: why, field by field, and as text. */
import { make } from './dom.js';

const GROUPS = { request: 'Request', query: 'Query', body: 'Body', cookie: 'Cookies', header: 'Headers' };
const ACTIONS = { forward: 'forward', anonymize: 'anonymize', drop: 'drop' };

/** @param {object} hit a HitView of the server @param {() => void} onAgain */
export function describeHit(hit, onAgain) {
  return [
    make(
      'dl',
      { class: 'why' },
      ...hit.steps.map(({ label, text }) => make('div', {}, make('dt', {}, label), make('dd', {}, text))),
    ),
    hit.purposes.length === 0 ? null : listPurposes(hit.purposes),
    hit.outcome === 'dropped' ? listDropped(hit) : compare(hit),
    make(
      'details',
      { class: 'raw' },
      make('summary', {}, 'Both as text'),
      make('div', { class: 'sides' }, side('Browser sent', hit.sentText), side('Collector got', hit.gotText ?? 'nothing')),
    ),
    make('p', {}, make('button', { type: 'button', class: 'quiet', onclick: onAgain }, 'Send the same hit again')),
  ].filter((part) => part !== null);
}

function side(title, text) {
  return make('div', {}, make('h5', {}, title), make('pre', { tabindex: 0, 'aria-label': `${title}, as text` }, text));
}

function listPurposes(purposes) {
  const rows = purposes.map(({ purpose, because, action, decides }) =>
    make(
      'tr',
      { class: decides ? 'decides' : null },
      make('th', { scope: 'row' }, purpose),
      make('td', {}, because),
      make('td', { 'data-action': action }, ACTIONS[action]),
      make('td', {}, decides ? 'the hit' : 'its fields only'),
    ),
  );
  return scrolling(
    'What each purpose comes to',
    make(
      'table',
      { class: 'purposes' },
      make('caption', {}, 'What each purpose comes to'),
      make('thead', {}, headings('Purpose', 'Because', 'Action', 'Decides about')),
      make('tbody', {}, ...rows),
    ),
  );
}

function compare(hit) {
  const differing = hit.rows.filter(({ change }) => change !== 'same');
  const same = hit.rows.filter(({ change }) => change === 'same');
  const told = hit.isSame
    ? 'Address, fields and body arrived byte for byte. Only these header lines differ:'
    : `${count(differing.length, 'field differs', 'fields differ')}:`;
  return make(
    'section',
    { class: 'difference' },
    make('h4', {}, 'What is different'),
    make('p', {}, differing.length === 0 ? 'Nothing: every line arrived as it was sent.' : told),
    differing.length === 0 ? null : table('Fields that differ', differing),
    folded(`${count(same.length, 'field', 'fields')} as sent`, same),
  );
}

function listDropped(hit) {
  return make(
    'section',
    { class: 'difference' },
    make('h4', {}, 'What was kept away from the collector'),
    folded(`all ${count(hit.rows.length, 'field', 'fields')} that the browser sent`, hit.rows),
  );
}

function folded(title, rows) {
  if (rows.length === 0) return null;
  const details = make('details', {}, make('summary', {}, title));
  // Long tables are made when somebody wants to see them.
  details.addEventListener('toggle', () => details.open && details.append(table(title, rows)), { once: true });
  return details;
}

function table(title, rows) {
  const bodies = Object.entries(GROUPS).map(([group, name]) => {
    const members = rows.filter((row) => row.group === group);
    if (members.length === 0) return null;
    return make(
      'tbody',
      {},
      make('tr', { class: 'group' }, make('th', { colspan: 3, scope: 'rowgroup' }, name)),
      ...members.map(fieldRow),
    );
  });
  return scrolling(
    title,
    make('table', { class: 'fields' }, make('thead', {}, headings('Field', 'Browser sent', 'Collector got')), ...bodies),
  );
}

/** A wide table scrolls by itself, also by keyboard. */
function scrolling(label, child) {
  return make('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': label }, child);
}

function headings(...names) {
  return make('tr', {}, ...names.map((name) => make('th', { scope: 'col' }, name)));
}

function fieldRow({ name, sent, got, change, deed, note }) {
  const [before, after] = change === 'changed' ? markChange(sent, got) : [plain(sent, 'del', change), plain(got, 'ins', change)];
  return make(
    'tr',
    { 'data-change': change },
    make('th', { scope: 'row' }, make('code', {}, name), make('small', {}, note === '' ? deed : `${deed}: ${note}`)),
    make('td', {}, before),
    make('td', {}, after),
  );
}

function plain(value, tag, change) {
  if (value === null) return make('span', { class: 'none' }, '—');
  return make(change === 'same' ? 'span' : tag, {}, value === '' ? '(empty)' : value);
}

/** Marks the middle in which two values differ. */
function markChange(sent, got) {
  let start = 0;
  while (start < sent.length && start < got.length && sent[start] === got[start]) start++;
  let end = 0;
  while (end < sent.length - start && end < got.length - start && sent.at(-1 - end) === got.at(-1 - end)) end++;
  const cut = (tag, text) =>
    make(
      'span',
      {},
      text.slice(0, start),
      start < text.length - end ? make(tag, {}, text.slice(start, text.length - end)) : null,
      text.slice(text.length - end),
    );
  return [cut('del', sent), cut('ins', got)];
}

function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}
