/** Elements without markup in strings: names of routes and files are shown as text and never read as HTML. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} attributes false and null leave an attribute out.
 * @param {...(Node | string | number | null)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(
    ...children.filter((child) => child !== null).map((child) => (typeof child === 'number' ? count(child) : child)),
  );
  return element;
}

/** @param {string} id */
export function find(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`there is no #${id} on the page`);
  return element;
}

/**
 * A table with its head; an empty one is a sentence. Cells that are numbers stand right.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly (Node | string | number)[])[]} rows
 * @param {string} none
 */
export function table(head, rows, none) {
  if (rows.length === 0) return make('p', { class: 'note' }, none);
  const isNumber = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const cell = (value, column) =>
    column === 0 ? make('th', { scope: 'row' }, value) : make('td', { class: isNumber[column] ? 'number' : null }, value);
  return make(
    'table',
    {},
    make(
      'thead',
      {},
      make(
        'tr',
        {},
        ...head.map((title, column) => make('th', { scope: 'col', class: isNumber[column] ? 'number' : null }, title)),
      ),
    ),
    make('tbody', {}, ...rows.map((row) => make('tr', {}, ...row.map(cell)))),
  );
}

const FORMAT = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** @param {number} value */
export function count(value) {
  return FORMAT.format(value);
}

/** @param {number} bytes */
export function bytes(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${FORMAT.format(value)} ${units[unit]}`;
}

/** What is wider than its place can be moved by keyboard too. */
export function letScroll() {
  for (const element of document.querySelectorAll('.scroll:not(.tall)')) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  }
}
