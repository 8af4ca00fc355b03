/**
 * Seeded identifiers in random carriers below random encodings: none of them may leave. Rounds: 5,000, with CONSENTRY_LONG=1 200,000.
 */
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../src/hit/guard.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { createRandom } from '../support/random.ts';
import { LENIENT, STRICT, scrubRequest } from '../support/scrub.ts';
import { createSeededHit, isIn } from '../support/seeded-hits.ts';
import { spellOut } from '../support/spell-out.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 200_000 : 5_000;
/** `CONSENTRY_SEED`: another one, for further rounds. */
const SEED = Number(process.env.CONSENTRY_SEED ?? 20_261_123);
const profiles = [...loadAllProfiles().values()];

describe('identifiers in random places', () => {
  it.each([
    ['strict', STRICT],
    ['lenient', { ...LENIENT, ip: 'drop' as const, joinIds: 'drop' as const }],
  ])(
    `never leave an anonymized hit, and are never told (${ROUNDS} rounds in all, %s rules)`,
    (_, rules) => {
      const random = createRandom(SEED);
      const leaks: string[] = [];
      let passed = 0;
      for (let round = 0; round < ROUNDS / 2 && leaks.length < 10; round++) {
        const profile = random.pick(profiles);
        const { secret, hit } = createSeededHit(random);
        const request = scrubRequest(profile, hit, { rules, routePath: '/collect' });
        const outcome = scrubHit(request);
        const verdict = outcome.ok ? guardHit(outcome.hit, outcome.forbidden) : null;
        // Log, metrics and decision log say nothing of a hit but this.
        const said = JSON.stringify([outcome.report, outcome.ok ? verdict : outcome.reason]);
        if (isIn([said], secret)) leaks.push(`${profile.name} ${secret} is told: ${said}`);
        if (!outcome.ok || verdict?.ok !== true) continue;
        passed++;
        if (isIn(spellOut(outcome.hit), secret)) {
          const sent = JSON.stringify({ target: hit.target, headers: hit.headers, body: hit.body?.toString('utf8') });
          leaks.push(
            `${profile.name} ${secret}\n  sent ${sent}\n  left ${JSON.stringify({ ...outcome.hit, body: outcome.hit.body?.toString('utf8') })}`,
          );
        }
      }
      expect(leaks.join('\n')).toBe('');
      expect(passed).toBeGreaterThan(ROUNDS / 10);
    },
    600_000,
  );
});
