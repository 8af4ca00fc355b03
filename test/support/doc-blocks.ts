/** Fenced blocks of the README and of docs/*.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface DocBlock {
  /** `README.md:21`. */
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

/** First lines of the blocks of no language: nothing can run them. */
export function readBareBlocks(): string[] {
  return listDocs().flatMap((file) => {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    const fences = lines.flatMap((line, at) => (/^ *```/.test(line) ? [at] : []));
    // Every other fence closes a block.
    return fences.flatMap((at, index) => (index % 2 === 0 && /^ *```\s*$/.test(lines[at] ?? '') ? [lines[at + 1] ?? ''] : []));
  });
}

function listDocs(): string[] {
  return ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));
}

/** Those behind `<!-- not run: why -->` are left out. */
export function readDocBlocks(): DocBlock[] {
  return listDocs().flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return Array.from(
      text.matchAll(/(<!-- not run: [^>]+ -->\n\n?)?^( *)```(\w+)\n([\s\S]*?)^ *```/gm),
      (match): DocBlock | null => {
        const [whole, skipped, indent = '', language = '', body = ''] = match;
        const line = text.slice(0, match.index + (whole.length - whole.trimStart().length)).split('\n').length;
        if (skipped !== undefined) return null;
        return { at: `${file}:${line}`, language, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
      },
    ).filter((block) => block !== null);
  });
}
