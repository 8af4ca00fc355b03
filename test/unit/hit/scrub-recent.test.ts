/** What is remembered of the values of a field from one hit to the next, and what is not. */
import { describe, expect, it } from 'vitest';
import { LIMITS, ScrubContext } from '../../../src/hit/scrub-context.ts';
import { type Decide, RecentValues } from '../../../src/hit/scrub-recent.ts';
import { Searcher } from '../../../src/privacy/search.ts';
import type { VendorProfile } from '../../../src/vendors/profile.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { LENIENT, STRICT, scrubRequest } from '../../support/scrub.ts';

const profile = loadAllProfiles().get('generic') as VendorProfile;

function create({ rules = STRICT, banned = null as Searcher | null, where = 'query:' } = {}): ScrubContext {
  const ctx = new ScrubContext({ ...scrubRequest(profile, { target: '/' }, { rules }), clientAddress: null }, banned);
  ctx.where = where;
  return ctx;
}

/** Decides by keeping, noting and counting, and tells how often it was asked. */
function createDecider(more: (ctx: ScrubContext, value: string) => void = () => undefined): {
  decide: Decide<string>;
  asked: string[];
} {
  const asked: string[] = [];
  const decide: Decide<string> = (ctx, plan, value) => {
    asked.push(value);
    ctx.note(plan, 'url', 'cut');
    ctx.keep(`${value}!`);
    ctx.countFields(3);
    more(ctx, value);
    return `${value}!`;
  };
  return { decide, asked };
}

describe('a value that came before', () => {
  it('leaves the same behind without being decided again', () => {
    const recent = new RecentValues();
    const { decide, asked } = createDecider();
    const hits = [create(), create(), create()];
    for (const ctx of hits) expect(recent.treat(ctx, 'dl', 'https://shop.example/', decide)).toBe('https://shop.example/!');
    expect(asked).toHaveLength(1);
    for (const { report, kept, count, secrets } of hits) {
      expect(report).toEqual([{ place: 'query:dl', class: 'url', deed: 'cut' }]);
      expect([kept, count, secrets]).toEqual([['https://shop.example/!'], 3, []]);
    }
  });

  it('counts towards the limit of fields', () => {
    const recent = new RecentValues();
    const { decide } = createDecider();
    recent.treat(create(), 'dl', 'a', decide);
    const ctx = create();
    ctx.count = LIMITS.count - 2;
    recent.treat(ctx, 'dl', 'a', decide);
    expect(ctx.refusal).toBe('body-limits');
  });

  it.each([
    ['under other rules', () => create({ rules: LENIENT })],
    ['in another carrier', () => create({ where: 'body:$.' })],
    ['in the pass that takes out what was found', () => create({ banned: new Searcher(['somebody']) })],
  ])('is decided anew %s', (_name, createOther) => {
    const recent = new RecentValues();
    const { decide, asked } = createDecider();
    recent.treat(create(), 'dl', 'a', decide);
    recent.treat(createOther(), 'dl', 'a', decide);
    expect(asked).toEqual(['a', 'a']);
  });
});

describe('never remembered', () => {
  const asksTwice = (value: string, more?: (ctx: ScrubContext, value: string) => void, prepare?: (ctx: ScrubContext) => void) => {
    const recent = new RecentValues();
    const { decide, asked } = createDecider(more);
    for (let i = 0; i < 2; i++) {
      const ctx = create();
      prepare?.(ctx);
      recent.treat(ctx, 'dl', value, decide);
    }
    return asked.length === 2;
  };
  const addMail = (ctx: ScrubContext, value: string): void => ctx.addSecret('dl', 'direct', value, true);

  it('is a value in which an identifier was found', () => {
    expect(asksTwice('anna@example.com', addMail)).toBe(true);
  });

  it('is one whose identifiers were known from elsewhere in the hit, so that they were not told again', () => {
    expect(asksTwice('anna@example.com', addMail, (ctx) => addMail(ctx, 'anna@example.com'))).toBe(true);
    const search = (ctx: ScrubContext, value: string): void => void ctx.isNew(value);
    expect(asksTwice('https://shop.example/', search, (ctx) => ctx.isNew('https://shop.example/'))).toBe(true);
  });

  it('is one that the hit was refused for, an empty or a long one', () => {
    expect(asksTwice('a', (ctx) => ctx.refuse('opaque'))).toBe(true);
    expect(asksTwice('')).toBe(true);
    expect(asksTwice('x'.repeat(129))).toBe(true);
    expect(asksTwice('x'.repeat(128))).toBe(false);
  });

  it('is one of a field whose values are new again and again', () => {
    const recent = new RecentValues();
    const { decide, asked } = createDecider();
    for (let i = 0; i < 300; i++) recent.treat(create(), 'dl', String(i), decide);
    asked.length = 0;
    for (let i = 0; i < 2; i++) recent.treat(create(), 'dl', 'a', decide);
    expect(asked).toEqual(['a', 'a']);
  });

  it('but one is where they repeat, however often others come between', () => {
    const recent = new RecentValues();
    const { decide, asked } = createDecider();
    for (let i = 0; i < 2_000; i++) recent.treat(create(), 'dl', i % 3 === 0 ? String(i) : 'same', decide);
    expect(asked.filter((value) => value === 'same').length).toBeLessThan(200);
  });
});

describe('many fields', () => {
  it('displace each other instead of filling the memory, and are never taken for each other', () => {
    const { decide, asked } = createDecider();
    const many = Array.from({ length: 1_000 }, () => new RecentValues());
    for (const [i, recent] of many.entries()) {
      const ctx = create();
      recent.treat(ctx, `f${i}`, 'same', decide);
      expect(ctx.report[0]?.place).toBe(`query:f${i}`);
    }
    expect(asked).toHaveLength(1_000);
  });
});
