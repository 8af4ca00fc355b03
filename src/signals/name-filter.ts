/**
 * Tells by the first two characters of a field's name that it is none of those that are looked for: one look-up in a table, where
 * a set of names would first have to cut the name out.
 */
export type NameFilter = Uint8Array;

/** Characters above this end no name of ours. */
const CHARS = 128;

export function compileNameFilter(names: Iterable<string>): NameFilter {
  const filter = new Uint8Array(CHARS * CHARS);
  for (const name of names) filter[name.charCodeAt(0) * CHARS + name.charCodeAt(1)] = 1;
  return filter;
}

/** Lets every name pass that has `char` in one of its first two places. */
export function addWildcard(filter: NameFilter, char: string): void {
  const code = char.charCodeAt(0);
  for (let other = 0; other < CHARS; other++) {
    filter[code * CHARS + other] = 1;
    filter[other * CHARS + code] = 1;
  }
}

/** Whether a name that begins at `start` may be one of ours. Other characters than ASCII may pass; the name itself is still asked. */
export function mayBeName(filter: NameFilter, text: string, start: number): boolean {
  return filter[text.charCodeAt(start) * CHARS + text.charCodeAt(start + 1)] === 1;
}
