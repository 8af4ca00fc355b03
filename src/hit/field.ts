/** Reads the one field of a hit that a route names: an external subject's id (`subject:`) or an age (`age:`). */
import type { ReceivedHit } from './hit.ts';
import type { FieldRef, Route } from './route.ts';

/**
 * Value of the field, decoded; null where it is not there, or there twice with different values: an id that is doubled
 * names nobody.
 */
export function readField(ref: FieldRef, hit: ReceivedHit, body: Buffer | null): string | null {
  switch (ref.carrier) {
    case 'query':
      return single(queryValues(hit.query ?? '', ref.name));
    case 'header':
      return single(headerValues(hit, ref.name));
    case 'path':
      return decode(hit.path.split('/')[Number(ref.name)] ?? '') || null;
    case 'body':
      return bodyValue(body, ref.name);
  }
}

/** Age in years where the route says which field tells it; a field that is there and no age counts as a child's. */
export function readAge(route: Route, hit: ReceivedHit, body: Buffer | null): number | null {
  if (route.age === null) return null;
  const text = readField(route.age, hit, body);
  if (text === null) return null;
  return /^\d{1,3}$/.test(text) ? Number(text) : 0;
}

function single(values: readonly string[]): string | null {
  const first = values[0];
  return first !== undefined && first !== '' && values.every((value) => value === first) ? first : null;
}

function queryValues(query: string, name: string): string[] {
  if (query === '') return [];
  return query.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=');
    return equals !== -1 && decode(pair.slice(0, equals)) === name ? [decode(pair.slice(equals + 1).replace(/\+/g, ' '))] : [];
  });
}

function headerValues(hit: ReceivedHit, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < hit.rawHeaders.length; i += 2) {
    if ((hit.rawHeaders[i] as string).toLowerCase() === name) values.push((hit.rawHeaders[i + 1] as string).trim());
  }
  return values;
}

/** `$.user.id` of a JSON body. */
function bodyValue(body: Buffer | null, path: string): string | null {
  if (body === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  for (const key of path.replace(/^\$\.?/, '').split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
