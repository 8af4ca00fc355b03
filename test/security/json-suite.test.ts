/** Every document of the JSON parsing suite, posted to the consent API: a documented answer to each, and never a fault. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startConsentApi, type TestApi } from '../support/consent-api.ts';
import { corpusPath } from '../support/corpus.ts';

const folder = corpusPath('json-test-suite/test_parsing');
const files = folder === null ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));

/** What is no JSON: 400; what is JSON and no decision, or nothing at all: 422; what is too large: 413. */
const EXPECTED: Readonly<Record<string, readonly number[]>> = { n: [400, 422, 413], y: [422], i: [400, 422] };

describe.skipIf(folder === null)('JSON suite', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startConsentApi();
  });
  afterAll(() => api?.close());

  it.each(['application/json', 'text/plain'])('as %s', async (type) => {
    const statuses = new Map<string, number>();
    for (const file of files) {
      const body = readFileSync(join(folder ?? '', file));
      const { status, json } = await api.call('POST', '/consent', { 'content-type': type }, body);
      expect(EXPECTED[file[0] ?? ''], file).toContain(status);
      expect(json.type, file).toMatch(/^urn:consentry:problem:/);
      statuses.set(`${file[0]} ${status}`, (statuses.get(`${file[0]} ${status}`) ?? 0) + 1);
    }
    console.log(`${files.length} documents: ${JSON.stringify(Object.fromEntries(statuses))}`);
    expect(files).toHaveLength(318);
  });

  it('leaves nothing in the store', async () => {
    for await (const subject of api.store.subjects()) expect(subject).toBe('nobody');
  });
});
