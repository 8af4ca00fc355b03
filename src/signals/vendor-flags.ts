/** Flags of single vendors: Meta's Limited Data Use, TikTok's limited_data_use, Microsoft's `asc`; and `dnt` as a parameter. */
import { type Carried, type Found, foundOf } from './carried.ts';
import { readFlagValue } from './flag-value.ts';
import { createDenial, createReading, createUnreadable, OPTIONAL_SET } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';

export interface MetaLdu {
  readonly ldu: boolean;
  /** `0` and `0`: Meta finds out where the person is. */
  readonly geolocateByMeta: boolean;
  /** `US` for 1, else null. */
  readonly country: string | null;
  /** `CA` for 1000 (Meta, "Data Processing Options for Users in California"), else null. */
  readonly state: string | null;
}

export function decodeMetaLdu(dpo: string, dpoco: string, dpost: string): MetaLdu {
  const ldu = dpo.split(',').some((option) => option.trim() === 'LDU');
  return {
    ldu,
    geolocateByMeta: ldu && dpoco === '0' && dpost === '0',
    country: dpoco === '1' ? 'US' : null,
    state: dpost === '1000' ? 'CA' : null,
  };
}

/**
 * Limited data use is an opt-out of sale and sharing, wherever the vendor would apply it: a state that it does not list yet is
 * no reason to hear the person less.
 */
export function readLimitedDataUse(found: Found): SignalReading | null {
  let unreadable: Carried | null = null;
  for (const name of ['dpo', 'data_processing_options'] as const) {
    for (const carried of foundOf(found, name)) {
      if (decodeMetaLdu(carried.value, '', '').ldu) return createDenial('ldu', carried.field, 'LDU');
      unreadable = carried;
    }
  }
  for (const carried of foundOf(found, 'limited_data_use')) {
    const flag = readFlagValue(carried.value);
    if (flag === 'set') return createDenial('ldu', carried.field, 'set');
    if (flag === 'unreadable') unreadable = carried;
  }
  return unreadable === null ? null : createUnreadable('ldu', unreadable.field);
}

/** Microsoft UET's ad storage: `G` granted, `D` denied. Its tag takes nothing for granted; Consentry takes it for silence. */
export function decodeAsc(value: string): 'granted' | 'denied' | null {
  return value === 'G' ? 'granted' : value === 'D' ? 'denied' : null;
}

export function readAsc(found: Found): SignalReading | null {
  const values = foundOf(found, 'asc');
  const first = values[0];
  if (first === undefined) return null;
  const words = values.map(({ value }) => decodeAsc(value));
  if (words.includes('denied')) return createDenial('asc', first.field, 'denied');
  if (words.includes(null)) return createUnreadable('asc', first.field);
  const mayGrant = !values.some(({ lowersOnly }) => lowersOnly);
  return createReading('asc', first.field, 'granted', { grants: mayGrant ? OPTIONAL_SET : 0 });
}

/** `dnt=1` in hits that follow OpenRTB. 0 is no wish. */
export function readDntParam(found: Found): SignalReading | null {
  let unreadable: Carried | null = null;
  for (const carried of foundOf(found, 'dnt')) {
    const flag = readFlagValue(carried.value);
    if (flag === 'set') return createDenial('dnt', carried.field, '1');
    if (flag === 'unreadable') unreadable = carried;
  }
  return unreadable === null ? null : createUnreadable('dnt', unreadable.field);
}
