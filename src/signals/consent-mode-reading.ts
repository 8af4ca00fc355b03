/**
 * What `gcs`, `gcd` and Google's advertising flags on a hit say together; of several values the most restrictive, as Google
 * treats them itself ("most restrictive treatment always wins"). A default without an update is the page's setting and
 * nobody's choice: it denies and never grants.
 */
import { type PurposeSet, purposeBit, purposeSet } from '../consent/state.ts';
import { type Carried, type Found, foundOf } from './carried.ts';
import { CONSENT_TYPES, type ConsentType, decodeGcd, decodeGcs } from './consent-mode.ts';
import { readFlagValue } from './flag-value.ts';
import { createReading, OPTIONAL_SET } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';

/** How firmly a type was answered, from the strictest. */
const DENIED = 0;
const OPEN = 1;
const GRANTED = 2;

/** Types by the purpose that they speak about. All types of a purpose have to be granted: `gcs` alone, which knows two types, grants no advertising. */
const TYPES_OF = { analytics: ['analytics_storage'], advertising: ['ad_storage', 'ad_user_data', 'ad_personalization'] } as const;
const ADVERTISING = purposeBit('advertising');
const SALE_AND_SHARING = purposeSet(['personalization', 'advertising']);

interface Tally {
  readonly levels: Map<ConsentType, number>;
  denies: PurposeSet;
  isUnreadable: boolean;
  lowersOnly: boolean;
}

function addLevel(tally: Tally, type: ConsentType, level: number): void {
  tally.levels.set(type, Math.min(level, tally.levels.get(type) ?? GRANTED));
}

function addGcs(tally: Tally, carried: Carried): void {
  const gcs = decodeGcs(carried.value);
  if (!gcs.ok) {
    tally.isUnreadable = true;
    return;
  }
  for (const type of ['ad_storage', 'analytics_storage'] as const) {
    addLevel(tally, type, gcs[type] === 'denied' ? DENIED : gcs[type] === 'granted' ? GRANTED : OPEN);
  }
}

function addGcd(tally: Tally, carried: Carried): void {
  const gcd = decodeGcd(carried.value);
  if (!gcd.ok) {
    tally.isUnreadable = true;
    return;
  }
  for (const type of CONSENT_TYPES) {
    const { effective, update } = gcd.types[type];
    addLevel(tally, type, effective === 'denied' ? DENIED : update === 'granted' ? GRANTED : OPEN);
  }
  if (gcd.gpc) tally.denies |= SALE_AND_SHARING;
}

/** `npa` no ad personalization, `rdp` restricted data processing (US states), `ltd` limited ads: 1 denies. */
const FLAGS = [
  ['npa', ADVERTISING],
  ['rdp', SALE_AND_SHARING],
  ['ltd', SALE_AND_SHARING],
] as const;

function addFlags(tally: Tally, found: Found): void {
  for (const [name, denies] of FLAGS) {
    for (const { value } of foundOf(found, name)) {
      const flag = readFlagValue(value);
      if (flag === 'set') tally.denies |= denies;
      else if (flag === 'unreadable') tally.isUnreadable = true;
    }
  }
  // In the region of the Digital Markets Act, `-` is the empty list of services that may share data.
  const isDma = foundOf(found, 'dma').some(({ value }) => readFlagValue(value) === 'set');
  if (isDma && foundOf(found, 'dma_cps').some(({ value }) => value === '-')) tally.denies |= ADVERTISING;
}

function levelOf(tally: Tally, types: readonly ConsentType[]): number {
  return Math.min(...types.map((type) => tally.levels.get(type) ?? OPEN));
}

function describe(tally: Tally): string {
  if (tally.isUnreadable) return 'unreadable';
  const words = ['denied', 'unset', 'granted'];
  const types = [...tally.levels].map(([type, level]) => `${type} ${words[level]}`);
  return [...types, ...(tally.denies === 0 ? [] : ['restricted'])].join(', ') || 'no restriction';
}

export function readConsentMode(found: Found): SignalReading | null {
  const [gcs, gcd] = [foundOf(found, 'gcs'), foundOf(found, 'gcd')];
  const others = (['npa', 'rdp', 'ltd', 'dma'] as const).flatMap((name) => foundOf(found, name));
  const all = [...gcs, ...gcd, ...others];
  if (all.length === 0) return null;
  const tally: Tally = {
    levels: new Map(),
    denies: 0,
    isUnreadable: false,
    lowersOnly: all.some((carried) => carried.lowersOnly),
  };
  for (const carried of gcs) addGcs(tally, carried);
  for (const carried of gcd) addGcd(tally, carried);
  addFlags(tally, found);
  const said = describe(tally);
  const advertising = levelOf(tally, TYPES_OF.advertising);
  const analytics = levelOf(tally, TYPES_OF.analytics);
  let grants = 0;
  if (advertising === DENIED) tally.denies |= ADVERTISING;
  else if (advertising === GRANTED) grants |= ADVERTISING;
  if (analytics === DENIED) tally.denies |= purposeBit('analytics');
  else if (analytics === GRANTED) grants |= purposeBit('analytics');
  const isHeldBack = tally.lowersOnly || tally.isUnreadable;
  return createReading('consent-mode', [...new Set(all.map(({ field }) => field))].join(', '), said, {
    grants: isHeldBack ? 0 : grants & ~tally.denies,
    denies: tally.denies,
    unreadable: tally.isUnreadable ? OPTIONAL_SET : 0,
  });
}
