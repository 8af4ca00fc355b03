/** What stays of a single value where it is anonymized, by its class. */
import { columnOf } from '../consent/state.ts';
import { isUrl } from '../privacy/carriers/url.ts';
import type { Verdict } from '../privacy/carriers/verdict.ts';
import {
  coarsenBrands,
  coarsenLanguage,
  coarsenLength,
  coarsenSize,
  coarsenTime,
  coarsenVersion,
  isPlatform,
} from '../privacy/coarse.ts';
import { cutIdentifiers } from '../privacy/detect.ts';
import { findClass, visitIdentifiers } from '../privacy/detect-nested.ts';
import { maskAddress } from '../privacy/ip.ts';
import { classOfName } from '../privacy/names.ts';
import type { CarrierClass } from '../privacy/report.ts';
import { reduceUserAgent } from '../privacy/user-agent.ts';
import type { FieldRule } from '../vendors/profile.ts';
import { isOfType, keepParts } from '../vendors/value-types.ts';
import { LIMITS, type ScrubContext } from './scrub-context.ts';
import { namesSomebody } from './scrub-named.ts';
import { shapePseudonym } from './scrub-pseudonym.ts';
import { type AddressRule, anonymizeUrl, collectFromUrl } from './scrub-url.ts';

/** Words that trackers write where the collector shall fill in, or has no, address. */
const NO_ADDRESS = new Set(['', '0', '1', 'true', 'false', '0.0.0.0', '$remote', '{{auto}}', 'unknown']);
/** Classes whose values by their nature hold numbers and names of software that look like identifiers. */
const UNSEARCHED: ReadonlySet<CarrierClass> = new Set(['device', 'time', 'consent', 'geo']);
const STRUCTURE = /[%@{"=&:/\\]/;
/** Google's and Meta's cookies, a JSON Web Token, a SHA-256 as addresses are hashed to, the address of a network card. */
const PERSONAL_FORM = /(?<![A-Za-z0-9])(?:G[AS]\d\.\d\.|fb\.\d\.|GCL\.|eyJ|[0-9a-f]{64}$|(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$)/i;
/** Shops write `#` before the number of an order. */
const JOIN_ID = /^#?[\w.:~-]{1,128}$/;

/** Whether a value can hold identifiers besides itself, and was not searched for them before. */
function hasParts(ctx: ScrubContext, carrier: CarrierClass, value: string): boolean {
  if (value.length < 5 || UNSEARCHED.has(carrier) || (ctx.isIdentifying(carrier) && !STRUCTURE.test(value) && value.length < 64))
    return false;
  return ctx.isNew(value);
}

function collectIdentifiers(ctx: ScrubContext, name: string, value: string): void {
  visitIdentifiers(value.slice(0, LIMITS.valueLength), (found, text) => ctx.addSecret(name, found, text, true));
}

/** Removes a value for good, remembering for the guard what it says; its placeholder stands in where the collector wants one. */
export function removeValue(
  ctx: ScrubContext,
  name: string,
  rule: FieldRule | null,
  carrier: CarrierClass,
  value: string,
): Verdict {
  // Everybody's placeholder is nobody's identifier; `-` stands for none.
  if ((rule !== null && rule.placeholder === value) || value === '-') return true;
  if (ctx.isIdentifying(carrier)) ctx.addSecret(name, carrier, value, rule?.class === carrier || carrier === 'click-id');
  if (carrier === 'url') collectFromUrl(ctx, name, value);
  else if (hasParts(ctx, carrier, value)) collectIdentifiers(ctx, name, value);
  if (rule !== null && rule.placeholder !== null) {
    ctx.note(name, carrier, 'replaced');
    return rule.placeholder;
  }
  ctx.note(name, carrier, 'stripped');
  return false;
}

function anonymizeId(ctx: ScrubContext, name: string, rule: FieldRule, value: string): Verdict {
  const { pseudonymize, judgement } = ctx.request;
  const state = judgement.purposes[rule.purpose]?.state ?? 'denied';
  const { shape } = rule;
  if (ctx.rules.ids === 'drop' || pseudonymize === null || shape === 'none' || value.length < 4 || columnOf(state) === 'denied') {
    return removeValue(ctx, name, rule, rule.class, value);
  }
  ctx.addSecret(name, rule.class, value, true);
  ctx.note(name, rule.class, 'pseudonymized');
  return shapePseudonym(pseudonymize(value), shape);
}

function anonymizeAddress(ctx: ScrubContext, name: string, rule: FieldRule, value: string): Verdict {
  if (NO_ADDRESS.has(value)) return true;
  const masked = ctx.rules.ip === 'drop' ? null : maskAddress(value, ctx.rules.ip);
  if (masked === null) return removeValue(ctx, name, rule, 'ip', value);
  if (masked === value) return true;
  ctx.addSecret(name, 'ip', value, true);
  ctx.note(name, 'ip', 'masked');
  return masked;
}

function coarsenDevice(rule: FieldRule, value: string): string | null {
  switch (rule.type) {
    case 'language':
      return coarsenLanguage(value);
    case 'size':
      return coarsenSize(value);
    case 'length':
      return coarsenLength(value);
    case 'version':
      return coarsenVersion(value);
    case 'brands':
      return coarsenBrands(value);
    case 'platform':
      return isPlatform(value) ? value : null;
    case 'bool':
    case 'integer':
    case 'slug':
    case 'enum':
      return isOfType(value, rule) ? value : null;
    default:
      return null;
  }
}

function anonymizeDevice(ctx: ScrubContext, name: string, rule: FieldRule, value: string): Verdict {
  if (value === '') return true;
  const how = rule.type === 'user-agent' ? ctx.rules.userAgent : ctx.rules.device;
  if (how === 'keep') return findClass(value) === null && ctx.keep(value) ? true : removeValue(ctx, name, rule, 'device', value);
  const coarse = how === 'drop' ? null : rule.type === 'user-agent' ? reduceUserAgent(value) : coarsenDevice(rule, value);
  if (coarse === null) return removeValue(ctx, name, rule, 'device', value);
  if (coarse === value) return true;
  ctx.note(name, 'device', 'coarsened');
  return coarse;
}

function anonymizePlace(ctx: ScrubContext, name: string, rule: FieldRule, value: string): Verdict {
  const { geo } = ctx.rules;
  const isKept =
    (rule.type === 'country' && geo !== 'none' && /^[A-Za-z]{2}$/.test(value)) ||
    (rule.type === 'region' && geo === 'region' && /^(?:[A-Za-z]{2}-)?[A-Za-z0-9]{1,3}$/.test(value));
  if (isKept) return true;
  if (rule.type === 'region' && geo === 'country' && /^[A-Za-z]{2}-[A-Za-z0-9]{1,3}$/.test(value)) {
    ctx.note(name, 'geo', 'coarsened');
    return value.slice(0, 2);
  }
  return removeValue(ctx, name, rule, 'geo', value);
}

/** Of a referrer the stricter of both rules counts: it is a page address too. */
const ADDRESS_RANK: readonly AddressRule[] = ['keep', 'path', 'origin', 'drop'];

export function addressRule(ctx: ScrubContext, isReferrer: boolean): AddressRule {
  const { page, referrer } = ctx.rules;
  if (!isReferrer) return page;
  return ADDRESS_RANK[Math.max(ADDRESS_RANK.indexOf(page), ADDRESS_RANK.indexOf(referrer))] ?? 'drop';
}

function anonymizeAddressField(ctx: ScrubContext, name: string, rule: FieldRule | null, value: string): Verdict {
  if (value === '' || (rule?.type === 'script' && isOfType(value, rule) && ctx.keep(value))) return true;
  collectFromUrl(ctx, name, value);
  const url = anonymizeUrl(value, addressRule(ctx, rule?.type === 'referrer'));
  if (url === null || !ctx.keep(url)) return removeValue(ctx, name, rule, 'url', value);
  if (url === value) return true;
  ctx.note(name, 'url', 'cut');
  return url;
}

function anonymizeText(ctx: ScrubContext, name: string, rule: FieldRule, value: string): Verdict {
  if (value === '') return true;
  if (value.length > LIMITS.valueLength) return removeValue(ctx, name, rule, 'text', value);
  if (ctx.rules.text === 'drop' || !isOfType(value, { type: 'any', values: null, like: rule.like })) {
    const cut = ctx.rules.text === 'drop' ? value : cutIdentifiers(value);
    if (cut !== value && value.includes(' ') && findClass(cut) === null && ctx.keep(cut)) {
      collectIdentifiers(ctx, name, value);
      ctx.note(name, 'text', 'cut');
      return cut;
    }
    return removeValue(ctx, name, rule, 'text', value);
  }
  const isClean = findClass(value) === null && !namesSomebody(name, value);
  return isClean && ctx.keep(value) ? true : removeValue(ctx, name, rule, 'text', value);
}

/** A field that nobody declared, or whose content nobody knows: kept only where the policy scans and the scan finds nothing. */
export function anonymizeUndeclared(ctx: ScrubContext, name: string, rule: FieldRule | null, value: string): Verdict {
  const carrier = classOfName(name);
  if (ctx.rules.undeclared === 'drop' || carrier !== null || value.length > 512) {
    return removeValue(ctx, name, rule, carrier ?? 'undeclared', value);
  }
  if (value === '') return true;
  if (isUrl(value)) return anonymizeAddressField(ctx, name, rule, value);
  if (namesSomebody(name, value)) return removeValue(ctx, name, rule, 'undeclared', value);
  const isClean = isOfType(value, { type: 'any', values: null, like: null }) && findClass(value) === null;
  return isClean && ctx.keep(value) ? true : removeValue(ctx, name, rule, 'undeclared', value);
}

/** Ids of an event or order are random by nature; what is, or encodes, an address or a name of somebody is none. */
function isJoinId(value: string): boolean {
  if (!JOIN_ID.test(value) || PERSONAL_FORM.test(value)) return false;
  let isRandom = true;
  visitIdentifiers(value, (found) => {
    if (found !== 'online-id') isRandom = false;
  });
  return isRandom;
}

/** A value that has not its type: of a list what has it stays. */
export function anonymizeParts(ctx: ScrubContext, name: string, rule: FieldRule, value: string): Verdict {
  const kept = keepParts(value, rule);
  if (kept === null || !ctx.keep(kept)) return removeValue(ctx, name, rule, rule.class, value);
  collectIdentifiers(ctx, name, value);
  ctx.note(name, rule.class, 'cut');
  return kept;
}

export function anonymizeValue(ctx: ScrubContext, name: string, rule: FieldRule, value: string): Verdict {
  switch (rule.class) {
    case 'utility':
    case 'consent':
      if (value !== '' && !isOfType(value, rule)) return anonymizeParts(ctx, name, rule, value);
      return rule.type === 'account' || value.length < 3 || ctx.keep(value)
        ? true
        : removeValue(ctx, name, rule, rule.class, value);
    case 'direct':
    case 'click-id':
      return value === '' ? true : removeValue(ctx, name, rule, rule.class, value);
    case 'online-id':
      return value === '' ? true : anonymizeId(ctx, name, rule, value);
    case 'ip':
      return anonymizeAddress(ctx, name, rule, value);
    case 'geo':
      return anonymizePlace(ctx, name, rule, value);
    case 'device':
      return anonymizeDevice(ctx, name, rule, value);
    case 'url':
      return anonymizeAddressField(ctx, name, rule, value);
    case 'join-id':
      if (ctx.rules.joinIds === 'keep' && isJoinId(value) && ctx.keep(value)) return true;
      return value === '' ? true : removeValue(ctx, name, rule, 'join-id', value);
    case 'text':
      return anonymizeText(ctx, name, rule, value);
    case 'time': {
      const coarse = coarsenTime(value);
      if (coarse === null) return removeValue(ctx, name, rule, 'time', value);
      if (coarse === value || (ctx.rules.time === 'exact' && ctx.keep(value))) return true;
      ctx.note(name, 'time', 'coarsened');
      return coarse;
    }
    case 'undeclared':
      return anonymizeUndeclared(ctx, name, rule, value);
  }
}
