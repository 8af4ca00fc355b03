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

/** Those behind `<!-- not run: why -->` are left out. */
export function readDocBlocks(): DocBlock[] {
  const files = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
    name.endsWith('.md'),
  );
  return files.flatMap((file) => {
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
