/** The decision log of a whole gateway, from the hit to `consentry evidence verify`. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerEvidenceCommands } from '../../src/cli/evidence.ts';
import type { ConfigInput } from '../../src/config-schema.ts';
import { verifyEvidence } from '../../src/ops/evidence-log-verify.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { waitUntil } from '../support/redis.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consentry-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Mode = 'sampled' | 'all' | 'required';

function start(mode: Mode, dir = folder, options: ConfigInput = {}): Promise<TestGateway> {
  return startGateway({ routes: [{ path: '/p', purposes: ['analytics'] }], evidence: { mode, dir }, ...options });
}

const CALIFORNIA = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
] as const;
const GERMANY = [['x-test-country', 'DE']] as const;

function decisions(): Record<string, unknown>[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line.includes('"kind":"decision"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Exit code and everything that the command printed. */
async function run(...args: string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const hear = (text: unknown): boolean => {
    said += String(text);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(hear),
    vi.spyOn(process.stderr, 'write').mockImplementation(hear),
  ];
  const program = new Command();
  registerEvidenceCommands(program);
  process.exitCode = 0;
  await program.parseAsync(['evidence', 'verify', ...args], { from: 'user' });
  const code = Number(process.exitCode);
  process.exitCode = 0;
  for (const spy of spies) spy.mockRestore();
  return { code, said };
}

describe('the decision log of a gateway', () => {
  it('says for each hit what was decided, from which facts, and nothing of the person', async () => {
    const gateway = await start('all');
    await gateway.send({
      target: '/p?uid=u-4711&email=anna%40example.org',
      headers: [...CALIFORNIA, ['Cookie', '_ga=GA1.2.3.4']],
    });
    await gateway.send({ target: '/p?uid=u-4711', headers: [...GERMANY, ['X-Forwarded-For', '203.0.113.77'], ['Sec-GPC', '1']] });
    await gateway.close();
    const [forwarded, dropped] = decisions() as [Record<string, unknown>, Record<string, unknown>];
    expect(forwarded).toMatchObject({
      outcome: 'forwarded',
      route: '/p',
      facts: { country: 'US', subdivision: 'CA', record: null },
    });
    expect(dropped).toMatchObject({
      outcome: expect.stringMatching(/dropped|anonymized/),
      facts: { signals: [{ signal: 'gpc' }] },
    });
    const text = JSON.stringify(decisions());
    for (const secret of ['4711', 'anna', '203.0.113', 'GA1', '_ga']) expect(text).not.toContain(secret);
    expect((await verifyEvidence(folder)).problems).toEqual([]);
  });

  it('required: nothing leaves while nothing can be recorded, and hits leave again afterwards', async () => {
    const dir = join(folder, 'log');
    writeFileSync(dir, 'a file in the way of the folder');
    const gateway = await start('required', dir);
    for (let i = 0; i < 20; i++) {
      const answer = await gateway.send({ target: '/p', headers: CALIFORNIA });
      expect(answer.status).toBe(204);
    }
    expect(gateway.collector.arrived).toEqual([]);
    expect(gateway.logged.join('')).toContain('the decision log cannot be written');
    rmSync(dir);
    mkdirSync(dir);
    await waitUntil(async () => {
      await gateway.send({ target: '/p', headers: CALIFORNIA });
      return gateway.collector.arrived.length > 0;
    });
    await gateway.close();
    expect((await verifyEvidence(dir)).problems).toEqual([]);
  });

  it('required: a hit is in the log before the collector has it', async () => {
    const gateway = await start('required');
    const recorded: number[] = [];
    gateway.collector.answer = (_req, res) => {
      recorded.push(decisions().length);
      res.end();
    };
    for (let i = 0; i < 5; i++) await gateway.send({ target: '/p', headers: CALIFORNIA });
    await gateway.close();
    expect(recorded).toEqual([1, 2, 3, 4, 5]);
  });

  it('required: goes on without evidence only where the policy says so', async () => {
    const dir = join(folder, 'log');
    writeFileSync(dir, '');
    const gateway = await start('required', dir);
    const file = join(gateway.policies, 'us-ca.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\nfailure: { evidence: continue }\n`);
    const reloaded = await gateway.gateway.reload();
    expect(reloaded).toMatchObject({ ok: true });
    await gateway.send({ target: '/p', headers: CALIFORNIA });
    await gateway.send({
      target: '/p',
      headers: [
        ['x-test-country', 'US'],
        ['x-test-region', 'TX'],
      ],
    });
    expect(gateway.collector.arrived).toHaveLength(1);
    await gateway.close();
  });

  it('sampled: keeps every fault and one in a hundred of the rest', async () => {
    const gateway = await start('sampled', folder, { limits: { body: '1KiB' } });
    for (let i = 0; i < 30; i++) await gateway.send({ target: '/p', headers: CALIFORNIA });
    for (let i = 0; i < 10; i++)
      await gateway.send({ method: 'POST', target: '/p', headers: CALIFORNIA, body: 'x'.repeat(2000) });
    await gateway.close();
    const faults = decisions().filter(({ fault }) => fault === 'body-too-large');
    expect(faults).toHaveLength(10);
    expect(decisions().length - faults.length).toBe(1);
  });

  it('is checked by `consentry evidence verify`: 0 whole, 1 not whole, 2 a wrong call', async () => {
    const gateway = await start('all');
    for (let i = 0; i < 5; i++) await gateway.send({ target: '/p', headers: CALIFORNIA });
    await gateway.close();
    expect(await run(folder)).toEqual({
      code: 0,
      said: expect.stringMatching(/^7 lines in 1 segments of 1 chains: all whole\n[0-9a-f]{64}\n$/),
    });
    const [name] = readdirSync(folder).filter((file) => file.endsWith('.ndjson')) as [string];
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replace('forwarded', 'dropped'));
    expect(await run(folder)).toEqual({ code: 1, said: expect.stringContaining(`${name}:2: `) });
    expect(await run(join(folder, 'nowhere'))).toMatchObject({ code: 2 });
    expect(await run(folder, '--anchor', 'x')).toMatchObject({ code: 2 });
    rmSync(path);
    mkdirSync(path);
    expect(await run(folder)).toEqual({ code: 2, said: expect.stringContaining('EISDIR') });
  });
});
