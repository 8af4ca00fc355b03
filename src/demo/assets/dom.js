/** Elements without markup in strings: what a hit holds is shown as text and never read as HTML. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} attributes `onclick` and the like are listeners; false and null leave an attribute out.
 * @param {...(Node | string | null)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @param {string} id */
export function find(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`there is no #${id} on the page`);
  return element;
}

/** @param {string} name */
export function readCookie(name) {
  const member = document.cookie.split('; ').find((text) => text.startsWith(`${name}=`));
  return member === undefined ? null : member.slice(name.length + 1);
}

/** @param {string} name @param {string} value @param {number} days */
export function writeCookie(name, value, days) {
  // biome-ignore lint/suspicious/noDocumentCookie: trackers write cookies this way, and so does the page that plays them
  document.cookie = `${name}=${value}; Path=/; Max-Age=${days * 86_400}; SameSite=Lax`;
}
