/** Asks the gateway with the operator's token, which this tab keeps and nobody else gets. */
const KEPT_AS = 'consentry-admin-token';

export class Unauthorized extends Error {}

/** @returns {string | null} */
export function keptToken() {
  return sessionStorage.getItem(KEPT_AS);
}

/** @param {string | null} token */
export function keepToken(token) {
  if (token === null) sessionStorage.removeItem(KEPT_AS);
  else sessionStorage.setItem(KEPT_AS, token);
}

/**
 * @param {string} path
 * @param {object} [body] what is posted; without one it is a GET.
 */
export async function ask(path, body) {
  const answer = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      Authorization: `Bearer ${keptToken() ?? ''}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status === 401)
    throw new Unauthorized('this token is not accepted: it may have run out, or be of another site or scope');
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.detail ?? value.title);
  return value;
}
