/**
 * From checked files to a resolved set: parents laid under, codes settled, nothing missing, nothing softer than it says.
 * The result is plain data that can cross a thread.
 */
import { createHash } from 'node:crypto';
import { COLUMNS, PURPOSES, type Purpose } from '../consent/state.ts';
import { mergeBodies, pickBody } from './body.ts';
import { explainStateMistake } from './code-check.ts';
import { findCodeClashes } from './code-clash.ts';
import type { PolicyProblem } from './problem.ts';
import type { ParsedRuleFile, ResolvedPolicy, ResolvedSet, ResolvedVariant, RowLines } from './resolved.ts';
import { type CompleteBody, compileRules } from './rules.ts';
import type { Body, RuleFile } from './schema.ts';
import { findSofter } from './softer.ts';
import type { Path } from './source.ts';
import { findNearest } from './suggest.ts';
import { parseDay } from './values.ts';

export type ResolveResult =
  | { readonly ok: true; readonly set: ResolvedSet }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

export function resolvePolicies(files: readonly ParsedRuleFile[]): ResolveResult {
  const problems: PolicyProblem[] = [];
  const byId = new Map<string, ParsedRuleFile>();
  for (const parsed of files) {
    const other = byId.get(parsed.file.id);
    if (other === undefined) byId.set(parsed.file.id, parsed);
    else
      problems.push(
        parsed.source.problemAt(['id'], `the id "${parsed.file.id}" is also that of ${other.source.file}: write another one`),
      );
  }
  const policies: ResolvedPolicy[] = [];
  for (const parsed of files) {
    const resolved = resolveFile(parsed, byId, problems);
    if (resolved !== null) policies.push(resolved);
  }
  policies.sort((a, b) => (a.id < b.id ? -1 : 1));
  problems.push(...findCodeClashes(policies, byId));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, set: { policies, revision: hash(policies.map((policy) => policy.version)).slice(0, 16) } };
}

/** A file with its parents laid under; null for one that matches nobody or cannot be resolved. */
function resolveFile(
  parsed: ParsedRuleFile,
  byId: ReadonlyMap<string, ParsedRuleFile>,
  problems: PolicyProblem[],
): ResolvedPolicy | null {
  const { source, file } = parsed;
  const report = (path: Path, message: string) => problems.push(source.problemAt(path, message));
  const lineage = traceLineage(parsed, byId, problems);
  if (lineage === null) return null;
  checkOwnKeys(parsed, report);
  const body = lineage.reduceRight<Body>((inherited, ancestor) => mergeBodies(inherited, pickBody(ancestor)), {});
  checkMinors(file.minors, body, ['minors'], report);
  if (file.abstract === true) return null;
  const missing = findMissing(body);
  for (const { path, message } of missing) report(path, message);
  if (missing.length > 0 || file.match === undefined) return null;
  const complete = body as CompleteBody;
  const [effective, until] = [readDay(file.effective), readDay(file.until)];
  const own = file.variants !== undefined;
  const owning = lineage.find((ancestor) => ancestor.variants !== undefined);
  const owner = owning && byId.get(owning.id);
  const variants = (owning?.variants ?? []).flatMap((variant, index): ResolvedVariant[] => {
    const match = variant.match.filter((code) => coversCode(file.match ?? [], code));
    if (own) checkVariant(parsed, complete, index, report);
    if (match.length === 0) return [];
    const patch = pickBody(variant);
    return [
      {
        match,
        label: variant.when?.label ?? null,
        effective: readDay(variant.effective),
        until: readDay(variant.until),
        patch,
        lines: owner === undefined ? {} : findRows(owner, ['variants', index]),
      },
    ];
  });
  // Where a row stands is for people; the same rules on other lines are the same policy.
  const rows = lineage.map((ancestor) => findRows(byId.get(ancestor.id) ?? parsed, []));
  const lines = Object.assign({}, ...rows.reverse()) as RowLines;
  const digest = hash({
    id: file.id,
    version: file.version,
    match: file.match,
    effective,
    until,
    body,
    variants: variants.map(({ lines: _lines, ...variant }) => variant),
  }).slice(0, 12);
  const version = `${file.id}@${file.version}#${digest}`;
  return {
    id: file.id,
    title: file.title,
    version,
    file: source.file,
    effective,
    until,
    match: file.match,
    body: complete,
    variants,
    lines,
  };
}

/** Lines of the purposes that a file, or a variant of it, writes about. */
function findRows({ source, file }: ParsedRuleFile, path: Path): RowLines {
  const [, index] = path;
  const body = typeof index === 'number' ? file.variants?.[index] : file;
  const rows: { [P in Purpose]?: string } = {};
  for (const purpose of PURPOSES) {
    if (body?.purposes?.[purpose] === undefined) continue;
    const { file: name, line } = source.problemAt([...path, 'purposes', purpose], '');
    rows[purpose] = `${name}:${line}`;
  }
  return rows;
}

/** The file, its parent, the parent's parent, …; null where one is missing or they go in a circle. */
function traceLineage(
  parsed: ParsedRuleFile,
  byId: ReadonlyMap<string, ParsedRuleFile>,
  problems: PolicyProblem[],
): RuleFile[] | null {
  const lineage = [parsed.file];
  for (let child = parsed; child.file.extends !== undefined; ) {
    const id = child.file.extends;
    const parent = byId.get(id);
    if (parent === undefined) {
      const nearest = findNearest(id, [...byId.keys()]);
      const remedy = nearest === null ? `write one of ${[...byId.keys()].sort().join(', ')}` : `write ${nearest}`;
      // The missing parent is said once, at the file that names it.
      if (child === parsed)
        problems.push(parsed.source.problemAt(['extends'], `there is no policy "${id}" to extend: ${remedy}`));
      return null;
    }
    if (lineage.includes(parent.file)) {
      const circle = [...lineage.map((file) => file.id), id].join(' → ');
      problems.push(parsed.source.problemAt(['extends'], `extends goes in a circle (${circle}): remove one of them`));
      return null;
    }
    lineage.push(parent.file);
    child = parent;
  }
  return lineage;
}

function checkOwnKeys({ source, file }: ParsedRuleFile, report: (path: Path, message: string) => void): void {
  const isParent = source.file.startsWith('base/');
  if (isParent && file.abstract !== true) report(['id'], 'files in base/ are parents: write abstract: true');
  if (file.abstract === true && file.match !== undefined)
    report(['match'], 'an abstract file matches nobody: remove match, or abstract');
  if (file.abstract !== true && file.match === undefined && !isParent) {
    report([], 'the key "match" is missing: write match: ["DE"], or abstract: true for a parent');
  }
  if (isEmptySpan(file)) report(['until'], `until (${file.until}) is not after effective (${file.effective}): write a later day`);
  const seen = new Set<string>();
  file.match?.forEach((code, index) => {
    if (seen.has(code)) report(['match', index], `"${code}" is there twice: remove one`);
    seen.add(code);
    const mistake = file.id === `us-${code.toLowerCase()}` ? explainStateMistake(code) : null;
    if (mistake !== null) report(['match', index], mistake);
  });
  if (file.signals?.record !== undefined && !file.signals.record.may.includes('deny')) {
    report(['signals', 'record', 'may'], 'a recorded no always counts: write may: [grant, deny], or [deny]');
  }
  const { ip } = file.anonymize ?? {};
  if (file.extends === undefined && typeof ip === 'object' && (ip.v4 === undefined || ip.v6 === undefined)) {
    report(['anonymize', 'ip'], 'ip needs both kinds of addresses: write ip: { v4: 24, v6: 48 }, or drop');
  }
}

/** Looks at rows as they are with what they inherit: a child may name only the key that it changes. */
function checkMinors(rows: Body['minors'], merged: Body, path: Path, report: (path: Path, message: string) => void): void {
  rows?.forEach(({ under }, index) => {
    const row = merged.minors?.find((candidate) => candidate.under === under);
    if (row?.model !== undefined && row.purposes === undefined) {
      report([...path, index], 'model: opt-in for minors needs purposes: write purposes: [advertising]');
    } else if (row?.ban === undefined && row?.model === undefined) {
      report([...path, index], 'a row of minors needs model: opt-in with purposes, or ban: write ban: [advertising]');
    }
  });
}

function checkVariant(
  { source, file }: ParsedRuleFile,
  inherited: CompleteBody,
  index: number,
  report: (path: Path, message: string) => void,
): void {
  const variant = file.variants?.[index];
  if (variant === undefined) return;
  const path = ['variants', index] as const;
  variant.match.forEach((code, at) => {
    if (coversCode(file.match ?? [], code)) return;
    const mistake = explainStateMistake(code);
    const remedy = mistake !== null && file.match?.includes('US') ? mistake : `add it to match of ${source.file}, or remove it`;
    report([...path, 'match', at], `"${code}" is no place of this file: ${remedy}`);
  });
  if (isEmptySpan(variant))
    report([...path, 'until'], `until (${variant.until}) is not after effective (${variant.effective}): write a later day`);
  const loosens = variant.loosens === undefined ? [] : [variant.loosens].flat();
  if (loosens.length > 0 && variant.because === undefined)
    report([...path, 'loosens'], 'loosens needs a reason: write because: and the rule that allows it');
  const merged = mergeBodies(inherited, pickBody(variant)) as CompleteBody;
  checkMinors(variant.minors, merged, [...path, 'minors'], report);
  const before = compileRules(file.id, '', inherited);
  const after = compileRules(file.id, '', merged);
  for (const softening of findSofter(before, after)) {
    if (loosens.includes(softening.key) || loosens.includes(softening.path[0] as string)) continue;
    report(
      [...path, ...softening.path],
      `${softening.what}, which is softer: write a stricter value, or loosens: ${softening.key} and because: with the reason`,
    );
  }
}

/** Whether a file for some codes answers for a variant's code too: it is one of them, a part of one, or all of them. */
function coversCode(match: readonly string[], code: string): boolean {
  return code === '*' || match.includes(code) || match.includes(code.slice(0, 2)) || match.includes('*');
}

function findMissing(body: Body): { path: Path; message: string }[] {
  if (body.model === undefined)
    return [{ path: [], message: 'the key "model" is missing: write model: opt-in, or extends: base/opt-in' }];
  return PURPOSES.flatMap((purpose) => {
    const missing = COLUMNS.filter((column) => body.purposes?.[purpose]?.[column] === undefined);
    if (missing.length === 0) return [];
    const cells = missing.map((column) => `${column}: drop`).join(', ');
    return [
      {
        path: ['purposes', purpose],
        message: `the table lacks ${purpose}, ${missing.join(', ')}: write ${purpose}: { ${cells} }, or extends: base/opt-in`,
      },
    ];
  });
}

function isEmptySpan(span: { effective?: string | undefined; until?: string | undefined }): boolean {
  return span.effective !== undefined && span.until !== undefined && span.until <= span.effective;
}

function readDay(day: string | undefined): number | null {
  return day === undefined ? null : parseDay(day);
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
