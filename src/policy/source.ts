/** The text of one file as a value with a position for every part of it. YAML 1.2, core schema, and less than that allows. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { FILE_START, type PolicyProblem, type Position, readExcerpt } from './problem.ts';

export type Path = readonly PropertyKey[];

/** A file that was read, before it is checked against a schema. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** Unquoted words that YAML 1.1 readers take for true or false, such as NO and ON. */
  readonly bareWords: readonly { readonly path: Path; readonly text: string }[];
  /** A problem at a value of the file, or at its nearest parent that is there. */
  problemAt(path: Path, message: string): PolicyProblem;
  /** A problem at a key of a map. */
  problemAtKey(path: Path, key: string, message: string): PolicyProblem;
}

export type SourceResult =
  | { readonly ok: true; readonly source: Source }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

const YAML_1_1_BOOLEAN = /^(y|n|yes|no|on|off)$/i;
const MAX_DEPTH = 32;

/** @param first What a file of its kind begins with, for the error about one that is no map of keys. */
export function parseSource(file: string, text: string, first = 'schema: 1'): SourceResult {
  return new Reader(file, text, first).read();
}

class Reader {
  readonly #file: string;
  readonly #text: string;
  readonly #first: string;
  readonly #lines = new LineCounter();
  /** Where the reader is. */
  readonly #path: PropertyKey[] = [];
  readonly #bareWords: { path: Path; text: string }[] = [];
  readonly #problems: PolicyProblem[] = [];

  constructor(file: string, text: string, first: string) {
    this.#file = file;
    this.#text = text;
    this.#first = first;
  }

  read(): SourceResult {
    // Nesting is counted before the parser recurses into it.
    if (measureNesting(this.#text) > MAX_DEPTH)
      return this.#refuse(FILE_START, `brackets are nested deeper than ${MAX_DEPTH}: no policy needs that`);
    const document = parseDocument(this.#text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      uniqueKeys: true,
      strict: true,
      prettyErrors: false,
      lineCounter: this.#lines,
      logLevel: 'error',
    });
    if (document.directives?.docStart && /^%/m.test(this.#text)) {
      return this.#refuse(FILE_START, 'directives (%YAML, %TAG) are not part of the language: remove the line');
    }
    const error = document.errors[0];
    if (error !== undefined) return this.#refuse(this.#lines.linePos(error.pos[0]), explainYamlError(error, this.#text));
    if (document.contents === null || !isMap(document.contents)) {
      const message =
        document.contents === null
          ? 'the file is empty: write a policy, or remove the file'
          : `the file has to be a map of keys: begin with ${this.#first}`;
      return this.#refuse(FILE_START, message);
    }
    const root = document.contents as Node;
    const value = this.#readNode(root);
    // The first tells enough: whoever writes one anchor writes a hundred aliases.
    if (this.#problems.length > 0) return { ok: false, problems: this.#problems.slice(0, 1) };
    return { ok: true, source: this.#source(value, root) };
  }

  #source(value: unknown, root: Node): Source {
    return {
      file: this.#file,
      value,
      bareWords: this.#bareWords,
      problemAt: (path, message) => this.#problem(this.#positionOf(findNode(root, path)), message),
      problemAtKey: (path, key, message) => {
        const map = findNode(root, path);
        const pair = isMap(map) ? findPair(map, key) : undefined;
        return this.#problem(this.#positionOf((pair?.key as Node | undefined) ?? map), message);
      },
    };
  }

  #positionOf(node: Node): Position {
    const { line, col } = this.#lines.linePos(node.range?.[0] ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #readNode(node: Node | null): unknown {
    if (node === null) return null;
    if (isAlias(node)) return this.#report(node, 'aliases (*name) are not part of the language: write the value out');
    if ('anchor' in node && node.anchor) {
      return this.#report(node, `anchors (&${String(node.anchor).slice(0, 20)}) are not part of the language: remove it`);
    }
    if (node.tag !== undefined) return this.#report(node, 'tags (!name) are not part of the language: remove it');
    if (isMap(node)) return this.#readMap(node.items as Pair<Node, Node | null>[]);
    if (isSeq(node)) {
      return (node.items as Node[]).map((item, index) => {
        this.#path.push(index);
        const value = this.#readNode(item);
        this.#path.pop();
        return value;
      });
    }
    if (isScalar(node)) {
      if (node.type === 'PLAIN' && typeof node.value === 'string' && YAML_1_1_BOOLEAN.test(node.value)) {
        this.#bareWords.push({ path: [...this.#path], text: node.value });
      }
      return node.value;
    }
    return this.#report(node, 'this is no map, list or value');
  }

  #readMap(pairs: readonly Pair<Node, Node | null>[]): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null);
    for (const pair of pairs) {
      if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
        this.#report(pair.key, 'a key has to be a word: write it without brackets, or in quotes');
        continue;
      }
      const key = pair.key.value;
      if (key === '<<') {
        this.#report(pair.key, 'merge keys (<<) are not part of the language: use extends, or write the values out');
        continue;
      }
      this.#path.push(key);
      map[key] = this.#readNode(pair.value);
      this.#path.pop();
    }
    return map;
  }

  #report(node: Node, message: string): null {
    this.#problems.push(this.#problem(this.#positionOf(node), message));
    return null;
  }

  #refuse(position: Position | { line: number; col: number }, message: string): SourceResult {
    const column = 'col' in position ? position.col : position.column;
    return { ok: false, problems: [this.#problem({ line: Math.max(1, position.line), column: Math.max(1, column) }, message)] };
  }

  #problem(position: Position, message: string): PolicyProblem {
    const excerpt = readExcerpt(this.#text, position.line);
    return {
      file: this.#file,
      line: position.line,
      column: position.column,
      message,
      ...(excerpt === undefined ? {} : { excerpt }),
    };
  }
}

/** The node at a path, or the nearest one above it that is there. */
function findNode(root: Node, path: Path): Node {
  let node = root;
  for (const part of path) {
    const next = isMap(node) ? findPair(node, part)?.value : isSeq(node) ? node.items[Number(part)] : undefined;
    if (next === null || next === undefined)
      return (isMap(node) ? (findPair(node, part)?.key as Node | undefined) : undefined) ?? node;
    node = next as Node;
  }
  return node;
}

function findPair(map: YAMLMap, key: PropertyKey): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function measureNesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  let indent = 0;
  for (const line of text.split('\n')) {
    const lead = /^[ -]*/.exec(line) as RegExpExecArray;
    indent = Math.max(indent, lead[0].length / 2);
  }
  return Math.max(deepest, indent > 200 ? indent : 0);
}

function explainYamlError(error: YAMLError, text: string): string {
  const source = text.slice(error.pos[0], error.pos[0] + 40).split('\n', 1)[0] as string;
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'a tab is used for indentation: write spaces';
    case 'DUPLICATE_KEY':
      return `the key "${source.split(':', 1)[0]}" is there twice: keep one`;
    case 'BAD_ALIAS':
      return source.startsWith('*') && !/^\*\w/.test(source)
        ? '* without quotes begins an alias: write "*" in quotes'
        : 'aliases (*name) are not part of the language: write the value out';
    case 'MULTIPLE_DOCS':
      return 'a file holds one policy: remove the line --- and what follows, or write another file';
    case 'MISSING_CHAR':
      return /quote/.test(error.message)
        ? 'a quote is opened and never closed: write the closing quote (or the file is cut off)'
        : 'a bracket is opened and never closed: write the closing bracket (or the file is cut off)';
    case 'TAG_RESOLVE_FAILED':
    case 'BAD_DIRECTIVE':
      return 'tags and directives are not part of the language: remove it';
    case 'BAD_SCALAR_START':
      return `a value cannot begin with ${source.slice(0, 1)}: write it in quotes`;
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'a line without "key:" stands among keys: write key: value, or indent it below its key';
    case 'BAD_INDENT':
      if (/ end with a [\]}]/.test(error.message))
        return 'a bracket is opened and never closed: write the closing bracket (or the file is cut off)';
      return 'the indentation does not fit the lines around: indent with two spaces per level (or the file is cut off)';
    default:
      return `this is not YAML (${error.code.toLowerCase().replaceAll('_', ' ')}): check colons, quotes and brackets here`;
  }
}
