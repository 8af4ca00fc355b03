/** Signals that are single fields of a JSON body: the query's parameters at its top level, OpenRTB's `device`, Meta's options. */
import { type BodyEntries, childOf, isJsonObject, type JsonObject } from './body-entries.ts';
import { addFound, addUnreadable, type Found, isAbsent, PARAM_NAMES, type ParamName } from './carried.ts';
import { deriveLmt } from './device-tracking.ts';

/** A scalar, or a list of scalars, as the text that a query would carry; JSON strings are not percent-encoded. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return isAbsent(value) ? null : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && value.length > 0 && value.length <= 64) return value.map(String).join(',');
  return null;
}

function addText(found: Found, name: ParamName, value: unknown, field: string, lowersOnly: boolean): void {
  const text = textOf(value);
  if (text !== null) addFound(found, name, { value: text, field, lowersOnly });
}

function addDevice(found: Found, device: JsonObject, path: string, lowersOnly: boolean): void {
  addText(found, 'lmt', device.lmt, `body:$.${path}.lmt`, lowersOnly);
  addText(found, 'dnt', device.dnt, `body:$.${path}.dnt`, lowersOnly);
  const atts = childOf(device, 'ext')?.atts;
  addText(found, 'atts', atts, `body:$.${path}.ext.atts`, lowersOnly);
  if (device.lmt === undefined && deriveLmt({ os: device.os, osv: device.osv, ifa: device.ifa, atts }) === 1) {
    addText(found, 'lmt', 1, `body:$.${path}`, lowersOnly);
  }
}

/** Segment's and RudderStack's `context.device`. */
function addContextDevice(found: Found, device: JsonObject, lowersOnly: boolean): void {
  if (device.adTrackingEnabled === false) addText(found, 'lmt', 1, 'body:$.context.device.adTrackingEnabled', lowersOnly);
  addText(found, 'atts', device.attTrackingStatus, 'body:$.context.device.attTrackingStatus', lowersOnly);
}

function addEntry(found: Found, entry: JsonObject, lowersOnly: boolean): void {
  for (const name of PARAM_NAMES) {
    if (Object.hasOwn(entry, name)) addText(found, name, entry[name], `body:$.${name}`, lowersOnly);
  }
  // Meta's Conversions API Gateway has a spelling of its own.
  const gateway = childOf(entry, 'fb.data_processing_options')?.dataProcessingOptions;
  addText(found, 'data_processing_options', gateway, 'body:$["fb.data_processing_options"]', lowersOnly);
  const device = entry.device;
  if (isJsonObject(device)) addDevice(found, device, 'device', lowersOnly);
  const contextDevice = childOf(childOf(entry, 'context'), 'device');
  if (contextDevice !== undefined) addContextDevice(found, contextDevice, lowersOnly);
}

/** How often a field of this name is written in the text. A name inside of a string has escaped quotes and does not count. */
function countKeys(text: string, name: string): number {
  const key = `"${name}"`;
  let count = 0;
  for (let at = text.indexOf(key); at !== -1; at = text.indexOf(key, at + key.length)) count++;
  return count;
}

/**
 * Adds the fields of every entry. In a batch they only lower: what one event says is no yes for the others. A field that is
 * written twice in one object hides one of its values from us and the other one from somebody else, so it is unreadable.
 */
export function addBodyParams(text: string, body: BodyEntries, found: Found): void {
  const objects = body.envelope === null ? body.entries : [body.envelope, ...body.entries];
  for (const object of objects) addEntry(found, object, object !== body.envelope && body.entries.length > 1);
  for (const name of PARAM_NAMES) {
    if (!found.has(name)) continue;
    const seen = objects.filter(
      (object) => Object.hasOwn(object, name) || Object.hasOwn(childOf(object, 'device') ?? {}, name),
    ).length;
    if (countKeys(text, name) > Math.max(seen, 1)) addUnreadable(found, name, `body:$.${name}`);
  }
}
