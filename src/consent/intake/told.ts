/** What a banner's own words come to, before they are a decision. */
import { voteOfChoice } from '../../signals/categories.ts';
import type { Purpose, PurposeSet } from '../state.ts';

export interface Told {
  /** Null where the banner speaks before anybody chose: that is no decision. */
  readonly decided: { readonly grants: PurposeSet; readonly refusals: PurposeSet } | null;
  /** What the person pressed, where the banner says it. */
  readonly action: 'accept_all' | 'reject_all' | 'save';
  readonly language?: string | null;
  readonly version?: string | null;
  readonly tcString?: string | null;
  readonly gppString?: string | null;
}

export type Body = Readonly<Record<string, unknown>>;

/** A banner's reader: null where the body is not this banner's. */
export type BannerReader = (body: Body, site: ReadonlyMap<string, Purpose>, now: number) => Told | null;

export const UNDECIDED: Told = { decided: null, action: 'save' };

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function stringsOf(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
}

/** Names that are true or false; null where any is something else. */
export function choicesOf(value: unknown): Map<string, boolean> | null {
  if (!isObject(value)) return null;
  const choices = new Map<string, boolean>();
  for (const [name, isAccepted] of Object.entries(value)) {
    if (typeof isAccepted !== 'boolean') return null;
    choices.set(name, isAccepted);
  }
  return choices;
}

/** A choice by categories as a decision: strict where several categories are one purpose, and where one is not named. */
export function decide(
  categories: ReadonlyMap<string, boolean>,
  isComplete: boolean,
  site: ReadonlyMap<string, Purpose>,
): Told['decided'] {
  const { grants, denies } = voteOfChoice({ categories, isComplete }, site);
  return { grants, refusals: denies };
}
