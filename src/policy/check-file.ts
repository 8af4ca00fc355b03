/** Holds a file against its schema and says in words what does not fit. */
import { z } from 'zod';
import type { PolicyProblem } from './problem.ts';
import { RuleFile } from './schema.ts';
import { TestFile } from './schema-tests.ts';
import { clip } from './schema-values.ts';
import type { Path, Source } from './source.ts';
import { findNearest } from './suggest.ts';

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

export function checkRuleFile(source: Source): Checked<RuleFile> {
  if (isRecord(source.value) && source.value.kind !== undefined) {
    return {
      ok: false,
      problems: [
        source.problemAtKey([], 'kind', 'kind belongs into test files only: name the file *.test.yaml, or remove the key'),
      ],
    };
  }
  return checkSource(source, RuleFile);
}

export function checkTestFile(source: Source): Checked<TestFile> {
  return checkSource(source, TestFile);
}

/** Checks a value that has no file, such as a line of `explain --batch`: the first thing that is wrong with it, or the value. */
export function checkValue<T>(schema: z.ZodType<T>, value: unknown): { ok: true; value: T } | { ok: false; message: string } {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const [first] = flatten(result.error.issues, value);
  return { ok: false, message: first === undefined ? 'not understood' : explainIssue(first, value, schema).message };
}

/** Holds a file of any kind against its schema: policies, vendor profiles, the configuration. */
export function checkSource<T>(source: Source, schema: z.ZodType<T>): Checked<T> {
  const problems: PolicyProblem[] = [];
  const result = schema.safeParse(source.value);
  const paths = new Set<string>();
  if (!result.success) {
    for (const issue of flatten(result.error.issues, source.value)) {
      paths.add(JSON.stringify(issue.path));
      const { key, message } = explainIssue(issue, source.value, schema);
      problems.push(key === undefined ? source.problemAt(issue.path, message) : source.problemAtKey(issue.path, key, message));
    }
  }
  for (const { path, text } of source.bareWords) {
    if (paths.has(JSON.stringify(path))) continue;
    const truth = /^(y|yes|on)$/i.test(text);
    problems.push(source.problemAt(path, `${text} without quotes is ${truth} to many YAML readers: write "${text}" in quotes`));
  }
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return result.success && problems.length === 0 ? { ok: true, value: result.data } : { ok: false, problems };
}

type Issue = z.core.$ZodIssue;

/** One issue per thing that is wrong: of a union the branch that the value was meant for, of several unknown keys each. */
function flatten(issues: readonly Issue[], root: unknown): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ ...issue, keys: [key] }));
    if (issue.code !== 'invalid_union') return [issue];
    const meant = issue.errors.find((branch) => !branch.some((inner) => inner.path.length === 0 && isOfOtherKind(inner)));
    if (meant === undefined) return [issue];
    return flatten(
      meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
      root,
    );
  });
}

function isOfOtherKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function explainIssue(issue: Issue, root: unknown, schema: z.ZodType): { key?: string; message: string } {
  const value = valueAt(root, issue.path);
  const name = String(issue.path.findLast((part) => typeof part === 'string') ?? '');
  switch (issue.code) {
    case 'unrecognized_keys':
      return explainUnknownKey(issue.keys[0] as string, keysAt(schema, issue.path));
    case 'invalid_value':
      return { message: explainChoice(name, value, issue.values.map(String)) };
    case 'invalid_union':
      return { message: explainChoice(name, value, unionChoices(issue.errors)) };
    case 'invalid_type':
      return { message: explainType(name, value, issue.expected) };
    case 'too_small':
    case 'too_big':
      return { message: explainSize(name, value, issue) };
    default:
      return { message: issue.message };
  }
}

function explainUnknownKey(key: string, known: readonly string[]): { key: string; message: string } {
  const nearest = findNearest(key, known);
  const remedy = nearest !== null ? `write "${nearest}"` : known.length > 0 ? `known here: ${known.join(', ')}` : 'remove it';
  return { key, message: `unknown key "${clip(key)}": ${remedy}` };
}

function explainChoice(name: string, value: unknown, choices: readonly string[]): string {
  const list = choices.length > 1 ? `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}` : String(choices[0]);
  if (value === undefined) return `the key "${name}" is missing: write ${name}: ${choices.length === 1 ? list : `${list}`}`;
  if (value === null) return `"${name}" is empty: write ${list}`;
  const nearest = typeof value === 'string' && choices.length > 2 ? findNearest(value, choices) : null;
  return `${describe(value)} is no value of "${name}": write ${nearest ?? list}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list, such as ["DE"]',
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

function explainType(name: string, value: unknown, expected: string): string {
  const wanted = TYPE_NAMES[expected] ?? expected;
  if (name === '') return `this has to be ${wanted}`;
  if (value === undefined) return `the key "${name}" is missing: write ${name}: and ${wanted}`;
  if (value === null) return `"${name}" is empty: write ${wanted}, or remove the key`;
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return `${value} is read as a ${typeof value}: write "${value}" in quotes`;
  }
  if (expected === 'array' && name === 'match') return `"match" has to be a list: write [${JSON.stringify(value)}]`;
  return `"${name}" has to be ${wanted}, not ${describe(value)}`;
}

function explainSize(name: string, value: unknown, issue: Issue & { code: 'too_small' | 'too_big' }): string {
  const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const side = issue.code === 'too_small' ? 'at least' : 'at most';
  if (issue.origin === 'array') return `"${name}" is an empty list: write at least one value, or remove the key`;
  if (issue.origin === 'string') return `"${name}" has to have ${side} ${bound} characters`;
  return `${describe(value)} is out of range: "${name}" is ${side} ${bound}`;
}

function unionChoices(branches: readonly (readonly Issue[])[]): string[] {
  return branches.flatMap((branch) => {
    const issue = branch[0];
    if (issue?.code === 'invalid_value') return issue.values.map(String);
    return issue?.code === 'invalid_type' ? [TYPE_NAMES[issue.expected] ?? issue.expected] : [];
  });
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${clip(value)}"`;
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a map';
  return String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

const jsonSchemas = new WeakMap<z.ZodType, JsonSchema>();

/** Keys that a schema knows at a path, for suggestions. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let root = jsonSchemas.get(schema);
  if (root === undefined) {
    root = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as JsonSchema;
    jsonSchemas.set(schema, root);
  }
  const { $defs = {} } = root;
  const unfold = (node: JsonSchema): JsonSchema[] => {
    const inner = [
      ...(node.anyOf ?? []),
      ...(node.allOf ?? []),
      ...(node.$ref === undefined ? [] : [$defs[node.$ref.slice('#/$defs/'.length)] ?? {}]),
    ];
    return [node, ...inner.flatMap(unfold)];
  };
  let nodes = unfold(root);
  for (const part of path) {
    nodes = nodes
      .flatMap((node) => (typeof part === 'number' ? node.items : node.properties?.[String(part)]) ?? [])
      .flatMap(unfold);
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}
