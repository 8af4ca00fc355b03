/** The signature layer of our tokens against Wycheproof's JSON Web Signatures. */
import { createSecretKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importVerifyKey, verifySignature } from '../../src/consent/token.ts';
import { corpusPath } from '../support/corpus.ts';

interface Group {
  readonly private?: JsonWebKey;
  readonly public?: JsonWebKey;
  readonly tests: readonly { readonly tcId: number; readonly comment: string; readonly jws: string; readonly result: string }[];
}

/**
 * 372 and 373 are called valid for readers that skip characters outside the alphabet: two spellings of one token. We take
 * none but the canonical one. 367 and 370 are, byte for byte, the token of 357, which is valid: nobody can tell them apart.
 */
const REFUSED_THOUGH_VALID = new Set([372, 373]);

const path = corpusPath('wycheproof-jws.json');
const groups: readonly Group[] = path === null ? [] : JSON.parse(readFileSync(path, 'utf8')).testGroups;

function algorithmOf(jws: string): unknown {
  try {
    return JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).alg;
  } catch {
    return undefined;
  }
}

describe.skipIf(path === null)('Wycheproof JWS', () => {
  it('accepts every valid vector of our algorithms, no other, and throws at none', () => {
    let [count, accepted] = [0, 0];
    const valid = new Set(groups.flatMap(({ tests }) => tests.filter(({ result }) => result === 'valid').map(({ jws }) => jws)));
    for (const group of groups) {
      const known = importVerifyKey(group.public ?? group.private ?? {});
      for (const { tcId, comment, jws, result } of group.tests) {
        count++;
        const isValid = (result === 'valid' || valid.has(jws)) && !REFUSED_THOUGH_VALID.has(tcId);
        const isOurs = known !== null && isValid && algorithmOf(jws) === known.algorithm;
        for (const { key, algorithm } of known === null ? FOREIGN : [known]) {
          const { ok } = verifySignature(jws, key, algorithm);
          expect(ok, `${tcId} ${comment}`).toBe(isOurs);
          if (ok) accepted++;
        }
      }
    }
    console.log(`${count} vectors, ${accepted} of them valid for HS256 or ES256`);
    expect(count).toBe(401);
    expect(accepted).toBe(12);
  });
});

/** Vectors of algorithms that we never use are tried with keys of ours. */
const FOREIGN = [{ key: createSecretKey(Buffer.alloc(32, 1)), algorithm: 'HS256' as const }];
