import { describe, expect, it } from 'vitest';
import { guardHit } from '../../src/hit/guard.ts';
import type { OutgoingHit } from '../../src/hit/outgoing.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import { CORPUS_HITS, type CorpusHit, findLeaks, profileOf } from '../support/corpus-hits.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { corpusRequest, LENIENT, NO_ADVERTISING, type RequestOptions, STRICT } from '../support/scrub.ts';
import { spellOut } from '../support/spell-out.ts';

const CLASSES = ['direct', 'online-id', 'click-id', 'ip'] as const;
/** Nobody anonymizes these: recordings, cookie matches, the beacon that learns an IPv6 address. */
const OPAQUE = new Set(['clarity', 'cookie-sync']);

const profiles = loadAllProfiles();

function scrub(hit: CorpusHit, options: RequestOptions) {
  const profile = profiles.get(profileOf(hit));
  if (profile === undefined) throw new Error(`no profile for ${hit.vendor}`);
  const request = corpusRequest(profile, hit, options);
  return { request, profile, outcome: scrubHit(request) };
}

function leaksOf(hit: CorpusHit, out: OutgoingHit): string[] {
  return findLeaks(hit, { target: out.target, rawHeaders: out.headers, body: out.body ?? Buffer.alloc(0) });
}

describe.skipIf(CORPUS_HITS.length === 0)('recorded hits', () => {
  it('everything anonymized: no identifier leaves, hits and utility arrive', () => {
    const table = new Map<string, Record<string, string>>();
    const problems: string[] = [];
    let understood = 0;
    let arrived = 0;
    let useful = 0;
    let kept = 0;
    for (const hit of CORPUS_HITS) {
      const { outcome } = scrub(hit, { rules: STRICT });
      const row = table.get(hit.vendor) ?? {};
      table.set(hit.vendor, row);
      if (!outcome.ok) {
        if (outcome.reason !== 'opaque') understood++;
        row.refused = `${row.refused ?? ''} ${outcome.reason}`.trim();
        continue;
      }
      understood++;
      const verdict = guardHit(outcome.hit, outcome.forbidden);
      if (verdict.ok) arrived++;
      else problems.push(`${hit.id} stopped by the guard: ${verdict.find.place} in ${verdict.find.part}`);
      const leaks = leaksOf(hit, outcome.hit);
      problems.push(...leaks.map((leak) => `${hit.id} ${leak}`));
      for (const kind of CLASSES) {
        const total = hit.identifiers.filter((one) => one.class === kind && !one.where.startsWith('response')).length;
        const lost = leaks.filter((leak) => leak.startsWith(`${kind} `)).length;
        const [before = '0', all = '0'] = (row[kind] ?? '0/0').split('/');
        row[kind] = `${Number(before) + lost}/${Number(all) + total}`;
      }
      const text = spellOut(outcome.hit).join('\n');
      const fields = hit.utility.filter(({ where }) => !/(?::|\?|;)(?:gcd|gcs|npa)$|query:event$/.test(where));
      useful += fields.length;
      kept += fields.filter(({ value }) => text.includes(String(value))).length;
    }
    console.log('identifiers left / marked, by vendor and class (everything anonymized)');
    console.table(Object.fromEntries([...table].sort()));
    console.log(`${arrived} of ${understood} understood hits arrive, ${kept} of ${useful} utility fields`);
    expect(problems).toEqual([]);
    expect(arrived / understood).toBeGreaterThanOrEqual(0.95);
    expect(kept / useful).toBeGreaterThanOrEqual(0.9);
  });

  it('the softest rules leak nothing either, and the guard stops no hit', () => {
    const problems = CORPUS_HITS.flatMap((hit) => {
      const { outcome } = scrub(hit, { rules: { ...LENIENT, ip: 'drop' } });
      if (!outcome.ok) return [];
      const verdict = guardHit(outcome.hit, outcome.forbidden);
      const leaks = leaksOf({ ...hit, identifiers: hit.identifiers.filter(({ value }) => value !== 'EMPTY') }, outcome.hit);
      return [...leaks, ...(verdict.ok ? [] : [`guard ${verdict.find.place}`])].map((problem) => `${hit.id} ${problem}`);
    });
    expect(problems).toEqual([]);
  });

  it('refuses only what nobody can anonymize', () => {
    const refused = CORPUS_HITS.flatMap((hit) => {
      const { outcome } = scrub(hit, { rules: STRICT });
      return outcome.ok || OPAQUE.has(hit.vendor) || hit.url.includes('/ipv6/') ? [] : [`${hit.id} ${outcome.reason}`];
    });
    expect(refused).toEqual([]);
  });

  it('anonymized bodies still parse, in the form in which they came', () => {
    for (const hit of CORPUS_HITS) {
      const { request, outcome } = scrub(hit, { rules: STRICT });
      if (!outcome.ok || outcome.hit.body === null || request.hit.body === null) continue;
      const form = (body: Buffer): string =>
        body[0] === 0x1f ? 'gzip' : (/^[{[]|^H4sI/.exec(body.toString('latin1'))?.[0] ?? (body.length === 0 ? 'empty' : 'pairs'));
      expect(`${hit.id} ${form(outcome.hit.body)}`).toBe(`${hit.id} ${form(request.hit.body)}`);
      for (const text of spellOut({ ...outcome.hit, target: '', headers: [] }).slice(0, 3)) {
        if (text.startsWith('{') && !text.includes('\n')) expect(() => JSON.parse(text), hit.id).not.toThrow();
      }
    }
  });

  it('analytics granted, advertising denied: click ids and advertising ids go, all else stays', () => {
    const problems: string[] = [];
    let checked = 0;
    for (const hit of CORPUS_HITS) {
      const { profile, outcome } = scrub(hit, { actions: NO_ADVERTISING });
      if (profile.purposes.includes('advertising') || profile.clickIdPurpose === null) continue;
      checked++;
      if (!outcome.ok) {
        problems.push(`${hit.id} ${outcome.reason}`);
        continue;
      }
      const verdict = guardHit(outcome.hit, outcome.forbidden);
      if (!verdict.ok) problems.push(`${hit.id} stopped by the guard: ${verdict.find.place}`);
      const forbidden = hit.identifiers.filter((one) => one.class === 'click-id' && one.value !== 'EMPTY');
      problems.push(...leaksOf({ ...hit, identifiers: forbidden }, outcome.hit).map((leak) => `${hit.id} left ${leak}`));
      const text = spellOut(outcome.hit).join('\n');
      for (const { where, class: kind, value } of hit.identifiers) {
        const isOwn =
          kind === 'online-id' &&
          /^(?:query|body:(?:form:|\$|line))/.test(where) &&
          !/fbp|gcl_au|user_data|clientIds|ids\.|auid|mail|idfa|adid/.test(where);
        if (isOwn && !text.includes(value)) problems.push(`${hit.id} lost ${where}`);
      }
    }
    console.log(`${checked} hits of analytics vendors with advertising denied`);
    expect(checked).toBeGreaterThan(60);
    expect(problems).toEqual([]);
  });

  it('the guard alone knows at least 99% of the identifiers', () => {
    let marked = 0;
    const missed: string[] = [];
    for (const hit of CORPUS_HITS) {
      const { request, outcome } = scrub(hit, { rules: STRICT });
      if (!outcome.ok) continue;
      for (const one of hit.identifiers) {
        if (!(CLASSES as readonly string[]).includes(one.class) || one.where.startsWith('response')) continue;
        marked++;
        const bare: OutgoingHit = { method: 'GET', target: `/x?v=${encodeURIComponent(one.value)}`, headers: [], body: null };
        if (guardHit(bare, outcome.forbidden).ok) missed.push(`${hit.id} ${one.where}`);
      }
      expect(guardHit(request.hit, outcome.forbidden).ok, hit.id).toBe(outcome.forbidden.length === 0);
    }
    console.log(`${marked - missed.length} of ${marked} marked identifiers are known to the guard`);
    expect(missed.length / marked, missed.join(', ')).toBeLessThanOrEqual(0.01);
  });
});
