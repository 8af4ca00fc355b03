/** The decision log on a disk that takes its time: one writer at a time, and nothing is forgotten. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { HitEvidence } from '../../../src/ops/evidence.ts';
import { EvidenceLog } from '../../../src/ops/evidence-log.ts';
import { verifyEvidence } from '../../../src/ops/evidence-log-verify.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    ...real,
    // The head is written by this one; while it is, decisions go on coming.
    writeFile: async (...args: Parameters<typeof real.writeFile>) => {
      await pause(350);
      return real.writeFile(...args);
    },
    open: async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args);
      const write = file.write.bind(file) as (...parts: unknown[]) => Promise<{ bytesWritten: number }>;
      return Object.assign(file, {
        write: async (...parts: unknown[]) => {
          await pause(140);
          return write(...parts);
        },
      });
    },
  };
});

const HIT: HitEvidence = {
  at: Date.UTC(2026, 10, 23),
  route: '/collect',
  vendor: 'generic',
  method: 'GET',
  region: null,
  judgement: null,
  facts: null,
  action: null,
  gate: 4,
  outcome: 'dropped',
  fault: null,
  report: [],
  found: null,
  revision: '0123456789abcdef',
};

it('writes every decision once, and in order, while the head is being noted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-evidence-'));
  const log = await EvidenceLog.open({
    mode: 'all',
    folder,
    retainMs: 86_400_000,
    lost: () => undefined,
    failing: () => undefined,
    now: Date.now,
  });
  let count = 0;
  for (; count < 60; count++) {
    log.record(HIT);
    await new Promise((resolve) => setTimeout(resolve, 130 + (count % 4) * 15));
  }
  await log.close();
  expect(await verifyEvidence(folder)).toMatchObject({ lines: count + 2, problems: [] });
  rmSync(folder, { recursive: true, force: true });
});
