/** Takes a JSON body apart as far as signals may stand in it: the hit itself, or the entries of a batch. */

/** The fields under which vendors send several events in one body. */
const BATCH_FIELDS = ['batch', 'data', 'events'] as const;

export type JsonObject = Readonly<Record<string, unknown>>;

export interface BodyEntries {
  /** The object around a batch, or null where the body is a list or a single event. */
  readonly envelope: JsonObject | null;
  readonly entries: readonly JsonObject[];
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under `key`, or undefined. */
export function childOf(value: unknown, key: string): JsonObject | undefined {
  const child = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isJsonObject(child) ? child : undefined;
}

export function splitEntries(body: unknown): BodyEntries {
  if (Array.isArray(body)) return { envelope: null, entries: body.filter(isJsonObject) };
  if (!isJsonObject(body)) return { envelope: null, entries: [] };
  for (const field of BATCH_FIELDS) {
    const batch = body[field];
    if (Array.isArray(batch) && batch.some(isJsonObject)) return { envelope: body, entries: batch.filter(isJsonObject) };
  }
  return { envelope: null, entries: [body] };
}

function parseJson(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** A JSON document, or one a line; null where it is neither. */
export function parseBody(text: string): BodyEntries | null {
  const whole = parseJson(text);
  if (whole !== null) return splitEntries(whole.value);
  const entries: JsonObject[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const parsed = parseJson(line);
    if (parsed === null) return null;
    entries.push(...splitEntries(parsed.value).entries);
  }
  return { envelope: null, entries };
}
