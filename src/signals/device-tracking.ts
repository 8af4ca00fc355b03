/**
 * Apple's App Tracking Transparency and the older Limit Ad Tracking, as apps send them on (OpenRTB `device.lmt`,
 * `device.ext.atts`; Meta's app events `advertiser_tracking_enabled`).
 */
import { type Found, foundOf, type ParamName } from './carried.ts';
import { readFlagValue } from './flag-value.ts';
import { createReading, OPTIONAL_SET } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';

/** Status of App Tracking Transparency: 0 not determined, 1 restricted, 2 denied, 3 authorized. */
const AUTHORIZED = 3;
const ZERO_ID = /^[0-]+$/;

/** OpenRTB `device`, as far as it tells whether tracking is limited. */
export interface DeviceFacts {
  readonly os?: unknown;
  readonly osv?: unknown;
  readonly ifa?: unknown;
  readonly atts?: unknown;
}

/**
 * `lmt` where only the rest of `device` tells it: on iOS 14.0 and 14.1 by an empty or zeroed identifier, from 14.2 by the status
 * (IAB Tech Lab, OpenRTB iOS guidance, as Prebid derives it); 1 limited, 0 not, null where it cannot be told.
 */
export function deriveLmt(device: DeviceFacts): 0 | 1 | null {
  if (String(device.os).toLowerCase() !== 'ios' || typeof device.osv !== 'string') return null;
  const version = /^(\d{1,3})(?:\.(\d{1,3}))?/.exec(device.osv);
  if (version === null) return null;
  const [major, minor] = [Number(version[1]), Number(version[2] ?? 0)];
  if (major < 14) return null;
  if (major === 14 && minor < 2) {
    const ifa = device.ifa ?? '';
    return ifa === '' || (typeof ifa === 'string' && ZERO_ID.test(ifa)) ? 1 : 0;
  }
  if (typeof device.atts !== 'number') return null;
  return device.atts === AUTHORIZED ? 0 : 1;
}

type Word = 'denied' | 'authorized' | 'unreadable' | 'silent';

function readStatus(value: string): Word {
  const status = value.trim();
  return /^[012]$/.test(status) ? 'denied' : status === String(AUTHORIZED) ? 'authorized' : 'unreadable';
}

/** A flag whose 1 limits tracking. */
function readLimit(value: string): Word {
  const flag = readFlagValue(value);
  return flag === 'set' ? 'denied' : flag === 'unset' ? 'silent' : 'unreadable';
}

/** A flag whose 0 forbids tracking; 1 is the app's word and no status of the system, so it is silent. */
function readEnabled(value: string): Word {
  const flag = readFlagValue(value);
  return flag === 'unset' ? 'denied' : flag === 'set' ? 'silent' : 'unreadable';
}

/** The system zeroes the advertising identifier of a person who refused. */
function readIdentifier(value: string): Word {
  return ZERO_ID.test(value) ? 'denied' : 'silent';
}

const READERS: readonly (readonly [ParamName, (value: string) => Word])[] = [
  ['att', readStatus],
  ['atts', readStatus],
  ['att_status', readStatus],
  ['lmt', readLimit],
  ['advertiser_tracking_enabled', readEnabled],
  ['application_tracking_enabled', readEnabled],
  ['idfa', readIdentifier],
  ['ifa', readIdentifier],
];

export const DEVICE_PARAMS: readonly ParamName[] = READERS.map(([name]) => name);

/** Only the status "authorized" can be a yes, and only where nothing beside it speaks against. */
export function readDeviceTracking(found: Found): SignalReading | null {
  const words: { word: Word; field: string; lowersOnly: boolean }[] = [];
  for (const [name, read] of READERS) {
    for (const { value, field, lowersOnly } of foundOf(found, name)) words.push({ word: read(value), field, lowersOnly });
  }
  const speaking = words.filter(({ word }) => word !== 'silent');
  const worst = (['denied', 'unreadable', 'authorized'] as const)
    .map((word) => speaking.find((spoken) => spoken.word === word))
    .find((spoken) => spoken !== undefined);
  if (worst === undefined) return null;
  const mayGrant = worst.word === 'authorized' && !words.some(({ lowersOnly }) => lowersOnly);
  return createReading('att', worst.field, worst.word, {
    grants: mayGrant ? OPTIONAL_SET : 0,
    denies: worst.word === 'denied' ? OPTIONAL_SET : 0,
    unreadable: worst.word === 'unreadable' ? OPTIONAL_SET : 0,
  });
}
