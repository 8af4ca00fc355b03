import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type AnchorFinding, checkAnchor, writeAnchor } from '../consent/anchor.ts';
import type { ReceiptJwk } from '../consent/keys.ts';
import { bundleProof, type ProofBundle } from '../consent/proof.ts';
import { verifyProof } from '../consent/proof-check.ts';
import { retireSubjects } from '../consent/retire.ts';
import { loadPolicies } from '../policy/load.ts';
import {
  addStoreOptions,
  findSubject,
  type OpenedRecords,
  print,
  refuse,
  report,
  type StoreFlags,
  withRecords,
} from './consent-store.ts';
import { parseDurationOption } from './duration.ts';

interface SubjectFlags extends StoreFlags {
  readonly external?: boolean;
  readonly json?: boolean;
}

const JSON_HELP = 'one line of JSON';
const UNKNOWN = 'there is no record of this subject';

export function registerConsentCommands(program: Command): void {
  const consent = program.command('consent').description("a subject's records and their proof");

  addSubject(consent, 'show', 'what a subject decided, record by record')
    .option('--json', JSON_HELP)
    .action((argument: string, flags: SubjectFlags) =>
      withSubject(argument, flags, async (bundle) => {
        if (flags.json) print(JSON.stringify({ erasure: bundle.erasure, records: bundle.records.map(toRow) }));
        else showSubject(bundle);
      }),
    );

  addSubject(consent, 'export', 'records, receipts and keys as one bundle, on standard output').action(
    (argument: string, flags: SubjectFlags) =>
      withSubject(argument, flags, async (bundle) => print(JSON.stringify(bundle, null, 2))),
  );

  addSubject(consent, 'verify', 'whether anything was changed, taken out, moved or put in; SUBJECT, or the file of an export')
    .option('--keys <file>', 'published keys (jwks.json) to check the file of an export with')
    .option('--anchor <file>', 'an anchor to hold the subject against')
    .option('--json', JSON_HELP)
    .action((argument: string, flags: SubjectFlags & { readonly keys?: string; readonly anchor?: string }) =>
      existsSync(argument)
        ? verifyFile(argument, flags)
        : withSubject(argument, flags, (bundle, subject, records) => verifySubject(bundle, subject, records, flags)),
    );

  addSubject(consent, 'erase', "destroys a subject's own key: nobody can read the records any longer, the chain stays")
    .option('--json', JSON_HELP)
    .action((argument: string, flags: SubjectFlags) =>
      withRecords(flags, async (records) => {
        const subject = await findSubject(argument, flags.external === true, records);
        const erased = await records.store.erase(subject, Date.now());
        if (flags.json) print(JSON.stringify({ erased }));
        else if (erased) print('erased');
        if (!erased) report(UNKNOWN);
      }),
    );

  addStoreOptions(consent.command('anchor').description('writes the head of heads of today, to be kept elsewhere'))
    .option('--to <dir>', 'folder of the anchors (default consent.anchor.dir, else ./anchors)')
    .option('--json', JSON_HELP)
    .action((flags: StoreFlags & { readonly to?: string; readonly json?: true }) =>
      withRecords(flags, async ({ config, store }) => {
        const folder = flags.to ?? config.consent.anchor.dir ?? './anchors';
        const { path, subjects, root } = await writeAnchor(store, folder, Date.now());
        print(flags.json ? JSON.stringify({ path, subjects, root }) : `${path}: ${subjects} subjects, root ${root}`);
      }),
    );

  addStoreOptions(consent.command('retire').description('erases every subject whose decisions ended too long ago to be needed'))
    .option('--older-than <duration>', 'after the last yes ran out, or the last no was said; like 1095d', parseDurationOption)
    .option('--json', JSON_HELP)
    .action((flags: StoreFlags & { readonly olderThan?: number; readonly json?: true }) =>
      withRecords(flags, async ({ config, store }) => {
        const retainMs = flags.olderThan ?? config.consent.retain;
        if (retainMs === null) return refuse(['say how long records are kept: --older-than 1095d, or consent.retain']);
        const loaded = await loadPolicies(config.policies);
        if (!loaded.ok) return refuse(['the policies say when a yes runs out, and cannot be read: consentry policy check']);
        const erased = await retireSubjects(store, loaded.set, retainMs, Date.now());
        print(flags.json ? JSON.stringify({ erased }) : `erased ${erased}`);
      }),
    );
}

function addSubject(consent: Command, name: string, description: string): Command {
  return addStoreOptions(consent.command(`${name} <subject>`).description(description)).option(
    '--external',
    'SUBJECT is an external id: a mail address, a customer number',
  );
}

type WithBundle = (bundle: ProofBundle, subject: string, records: OpenedRecords) => Promise<void>;

function withSubject(argument: string, flags: SubjectFlags, run: WithBundle): Promise<void> {
  return withRecords(flags, async (records) => {
    const subject = await findSubject(argument, flags.external === true, records);
    const chain = await records.store.readChain(subject);
    if (chain === null) return report(UNKNOWN);
    await run(bundleProof(chain, records.config.site, records.keyring.receiptJwks), subject, records);
  });
}

/** A record for a program to read; `entry` null where nobody can. */
function toRow({ sequence, entry }: ProofBundle['records'][number]): object {
  if (entry === null) return { sequence, entry: null };
  const { at, action, state, policy, region } = entry;
  return { sequence, entry: { at: new Date(at).toISOString(), action, state, policy, region } };
}

function showSubject({ erasure, records }: ProofBundle): void {
  if (erasure !== null) print(`erased ${new Date(erasure.at).toISOString()}, records 1 to ${erasure.throughSequence}`);
  for (const { sequence, entry } of records) {
    if (entry === null) print(`${sequence}  cannot be read`);
    else {
      const states = Object.entries(entry.state).map(([purpose, state]) => `${purpose}=${state}`);
      const { country, subdivision } = entry.region;
      const place = subdivision === null ? country : `${country}-${subdivision}`;
      print(`${sequence}  ${new Date(entry.at).toISOString()}  ${entry.action}  ${states.join(' ')}  ${entry.policy}  ${place}`);
    }
  }
}

async function verifySubject(
  bundle: ProofBundle,
  subject: string,
  { store, keyring }: OpenedRecords,
  flags: { readonly anchor?: string; readonly json?: boolean },
): Promise<void> {
  const anchor = flags.anchor === undefined ? null : readFileSync(flags.anchor, 'utf8');
  const chain = await store.readChain(subject);
  if (chain === null) return report(UNKNOWN);
  const finding = anchor === null ? null : checkAnchor(anchor, subject, chain);
  printReport(bundle, keyring.receiptJwks, finding, flags.json === true);
}

function verifyFile(path: string, flags: { readonly keys?: string; readonly anchor?: string; readonly json?: boolean }): void {
  if (flags.anchor !== undefined) return refuse(['an anchor is held against SUBJECT in the store: an export does not name it']);
  try {
    const bundle = readJson(path) as ProofBundle | null;
    if (bundle?.format !== 'consentry-proof/1') return refuse([`${path} is no export of consentry`]);
    const { keys } = flags.keys === undefined ? bundle : ((readJson(flags.keys) ?? {}) as { keys?: readonly ReceiptJwk[] });
    if (!Array.isArray(keys)) return refuse([`${flags.keys ?? path} holds no keys; give --keys what /consent/jwks.json answers`]);
    if (flags.keys === undefined)
      process.stderr.write('consentry: checked with the keys in the file itself; give --keys for those of the site\n');
    printReport(bundle, keys, null, flags.json === true);
  } catch (error) {
    refuse([error instanceof TypeError ? `${path} is damaged: parts of an export are missing` : (error as Error).message]);
  }
}

/** @throws an error that names the file, and not in the words of JSON.parse: they quote it. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message}`);
  }
}

/** `anchor`: what an anchor says of it; null where none was given. */
function printReport(bundle: ProofBundle, keys: readonly ReceiptJwk[], anchor: AnchorFinding | null, isJson: boolean): void {
  const proof = verifyProof(bundle, keys);
  const ok = proof.ok && (anchor === null || anchor === 'agrees');
  if (isJson) print(JSON.stringify({ ...proof, ok, ...(anchor !== null && { anchor }) }));
  else {
    for (const { sequence, finding } of proof.findings) print(`record ${sequence}: ${finding}`);
    print(proof.ok ? `${proof.records} records, none changed` : 'the records do not hold');
    if (anchor === 'agrees') print('agrees with the anchor');
    else if (anchor !== null) report(`against the anchor: ${anchor}`);
  }
  if (!ok) process.exitCode = 1;
}
