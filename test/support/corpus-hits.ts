/** The recorded hits of the corpus as requests, and the search for identifiers in what left. */
import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { corpusPath } from './corpus.ts';
import type { Sent } from './send.ts';

export interface CorpusHit {
  id: string;
  vendor: string;
  name: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
  bodyBase64?: boolean;
  identifiers: { where: string; class: string; value: string }[];
  utility: { where: string; value: string }[];
}

const path = corpusPath('hits.json');

/** Every hit of the corpus; empty where it is missing. */
export const CORPUS_HITS: CorpusHit[] = path === null ? [] : (JSON.parse(readFileSync(path, 'utf8')) as CorpusHit[]);

/** The profile that answers for a vendor of the corpus. */
export function profileOf(hit: CorpusHit): string {
  return hit.vendor === 'own-pixel' ? 'generic' : hit.vendor;
}

export function pathOf(hit: CorpusHit): string {
  return new URL(hit.url).pathname;
}

export function bodyOf(hit: CorpusHit): Buffer | null {
  return hit.body === null ? null : Buffer.from(hit.body, hit.bodyBase64 ? 'base64' : 'utf8');
}

/** The hit as it was recorded, header lines in their order. */
export function requestOf(hit: CorpusHit, extra: readonly (readonly [string, string])[] = []): Sent {
  const target = hit.url.replace(/^https?:\/\/[^/]+/, '').replace(/#.*$/, '');
  const headers = Object.entries(hit.headers).filter(([name]) => name !== 'content-length' && name !== 'connection');
  return { method: hit.method, target, headers: [...headers, ...extra], body: bodyOf(hit) };
}

/** Header lines that the contract takes out or adds, so that the rest can be compared byte for byte. */
const NOT_COMPARED =
  /^(host|connection|content-length|x-forwarded-for|forwarded|x-real-ip|x-client-ip|true-client-ip|cf-.*|cloudfront-viewer-.*|x-vercel-ip-.*|if-none-match|if-modified-since|range|consentry-decision|x-test-.*|x-appengine-.*|x-gclb-.*|fastly-client-ip)$/;

export function comparedHeaders(raw: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (!NOT_COMPARED.test((raw[i] as string).toLowerCase())) lines.push(`${raw[i]}: ${raw[i + 1]}`);
  }
  return lines;
}

const SEARCHED = new Set(['direct', 'online-id', 'click-id', 'ip']);

/** Identifiers of the searched classes that can be found, in any encoding, in what left; `where` and class, for a report. */
export function findLeaks(hit: CorpusHit, left: { target: string; rawHeaders: readonly string[]; body: Buffer }): string[] {
  const texts = spellOut([left.target, left.rawHeaders.join('\n'), ...decodeBody(left.body)]);
  return hit.identifiers
    .filter(
      ({ where, class: kind, value }) =>
        SEARCHED.has(kind) && !where.startsWith('response:') && value.length >= 4 && texts.some((text) => holds(text, value)),
    )
    .map(({ where, class: kind }) => `${kind} ${where}`);
}

function holds(text: string, value: string): boolean {
  const bytes = Buffer.from(value, 'utf8');
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), bytes.toString('hex')];
  for (const encoding of ['base64', 'base64url'] as const) {
    // In the middle of a longer text the letters depend on the offset; the outermost ones are shared with the neighbours.
    for (let offset = 0; offset < 3; offset++) {
      const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString(encoding)
        .replace(/=+$/, '');
      const inner = shifted.slice(offset === 0 ? 0 : offset + 1, -2);
      if (inner.length >= 6) forms.push(inner);
    }
  }
  const lower = text.toLowerCase();
  return forms.some((form) => text.includes(form) || lower.includes(form.toLowerCase()));
}

/** The texts themselves, and percent-decoded up to three times. */
function spellOut(texts: string[]): string[] {
  const all = new Set<string>();
  for (const text of texts) {
    let current = text;
    for (let round = 0; round < 4; round++) {
      all.add(current);
      current = current.replace(/(%[0-9A-Fa-f]{2})+/g, (run) => {
        try {
          return decodeURIComponent(run);
        } catch {
          return run;
        }
      });
    }
    for (const run of text.match(/[A-Za-z0-9+/_-]{24,}={0,2}/g) ?? []) all.add(Buffer.from(run, 'base64').toString('latin1'));
  }
  return [...all];
}

function decodeBody(body: Buffer): string[] {
  const texts = [body.toString('utf8')];
  for (const inflate of [gunzipSync, inflateSync, brotliDecompressSync]) {
    try {
      texts.push(inflate(body).toString('utf8'));
    } catch {
      // Not of this kind.
    }
  }
  const text = texts[0] ?? '';
  if (/^[A-Za-z0-9+/_-]+=*$/.test(text)) {
    const decoded = Buffer.from(text, 'base64');
    texts.push(decoded.toString('utf8'));
    try {
      texts.push(gunzipSync(decoded).toString('utf8'));
    } catch {
      // Plain base64.
    }
  }
  return texts;
}
