/** Bodies by their bytes: what the header calls them is often wrong. They leave in the form they came in. */
import { isUtf8 } from 'node:buffer';
import { readBase64 } from '../privacy/carriers/base64.ts';
import { type Coding, deflate, inflate, isGzip, isZlib } from '../privacy/carriers/compression.ts';
import { startsLikeJson } from '../privacy/carriers/json.ts';
import type { ScrubRefusal } from './outgoing.ts';
import { LIMITS, type ScrubContext } from './scrub-context.ts';
import { treatDocument, treatPairs } from './scrub-value.ts';

export type BodyOutcome = { readonly ok: true; readonly body: Buffer } | { readonly ok: false; readonly reason: ScrubRefusal };

const MAX_LAYERS = 4;
const BOM = '\ufeff';

function refuse(reason: ScrubRefusal): BodyOutcome {
  return { ok: false, reason };
}

/** Codings that the header declares, the outermost first; null where one is unknown. */
function declaredCodings(contentEncoding: string): (Coding | 'deflate')[] | null {
  const codings: (Coding | 'deflate')[] = [];
  if (contentEncoding === '') return codings;
  for (const token of contentEncoding.toLowerCase().split(',')) {
    const coding = token.trim();
    if (coding === '' || coding === 'identity') continue;
    if (coding === 'gzip' || coding === 'x-gzip') codings.unshift('gzip');
    else if (coding === 'br' || coding === 'deflate') codings.unshift(coding);
    else return null;
  }
  return codings;
}

function nextCoding(bytes: Buffer, declared: (Coding | 'deflate')[]): Coding | null {
  const coding = declared.shift();
  if (isGzip(bytes)) return 'gzip';
  if (coding === 'br') return 'br';
  if (isZlib(bytes)) return 'zlib';
  return coding === 'deflate' && !isUtf8(bytes) ? 'deflate-raw' : null;
}

function rewriteLines(ctx: ScrubContext, text: string, rewrite: (line: string) => string | null): string | null {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const end = line.endsWith('\r') ? '\r' : '';
    const content = end === '' ? line : line.slice(0, -1);
    const rewritten = content.trim() === '' ? content : rewrite(content);
    if (rewritten === null || ctx.refusal !== null) return null;
    lines.push(rewritten + end);
  }
  return lines.join('\n');
}

function rewriteJsonLines(ctx: ScrubContext, text: string): string | null {
  ctx.isNdjson = true;
  const out = rewriteLines(ctx, text, (line) => {
    const result = treatDocument(ctx, line);
    if (result === 'limits') ctx.refuse('body-limits');
    return typeof result === 'string' ? null : result.text;
  });
  ctx.isNdjson = false;
  return out;
}

/** Text of a known kind, rewritten; null where it is none, or the hit is refused. */
function rewriteText(ctx: ScrubContext, text: string): string | null {
  if (startsLikeJson(text)) {
    ctx.where = 'body:$.';
    const isMany = text.includes('\n') && /^\s*\{[^\n]*\}\s*\n\s*\{/.test(text);
    if (!isMany) {
      const result = treatDocument(ctx, text);
      if (result === 'limits') ctx.refuse('body-limits');
      return typeof result === 'string' ? null : result.text;
    }
    return rewriteJsonLines(ctx, text);
  }
  if (text.trimStart().startsWith('<') || !text.includes('=')) return null;
  ctx.where = 'body:form:';
  return rewriteLines(ctx, text, (line) => {
    const question = line.startsWith('?') ? 1 : 0;
    return line.slice(0, question) + treatPairs(ctx, line.slice(question), '');
  });
}

/** The body with its fields treated, packed as it came. */
export function scrubBody(ctx: ScrubContext, body: Buffer, contentType: string, contentEncoding: string): BodyOutcome {
  if (body.length === 0) return { ok: true, body };
  if (body.length > LIMITS.bytes) return refuse('body-limits');
  if (/^\s*multipart\//i.test(contentType)) return refuse('multipart');
  const declared = declaredCodings(contentEncoding);
  if (declared === null) return refuse('body-not-understood');
  const packings: ((bytes: Buffer) => Buffer)[] = [];
  let bytes = body;
  for (let layer = 0; layer <= MAX_LAYERS; layer++) {
    const coding = nextCoding(bytes, declared);
    if (coding !== null) {
      const inflated = inflate(bytes, coding, LIMITS.bytes);
      if (!inflated.ok) return refuse(inflated.reason === 'too-large' ? 'body-limits' : 'body-not-understood');
      bytes = inflated.bytes;
      packings.push((inner) => deflate(inner, coding));
      continue;
    }
    if (declared.length > 0) continue;
    if (!isUtf8(bytes)) return refuse('opaque');
    const raw = bytes.toString('utf8');
    const bom = raw.startsWith(BOM) ? BOM : '';
    const text = bom === '' ? raw : raw.slice(1);
    if (text.startsWith('--') && /^--[^\n]{1,80}\r?\ncontent-disposition:/i.test(text)) return refuse('multipart');
    const base64 = readBase64(text.trim());
    if (base64 !== null && (isGzip(base64.bytes) || isZlib(base64.bytes) || isUtf8(base64.bytes))) {
      bytes = base64.bytes;
      packings.push((inner) => Buffer.from(base64.encode(inner), 'latin1'));
      continue;
    }
    if (packings.length > 0) ctx.isWrapped = true;
    const rewritten = rewriteText(ctx, text);
    if (ctx.refusal !== null) return refuse(ctx.refusal);
    if (rewritten === null) return refuse('body-not-understood');
    if (rewritten === text) return { ok: true, body };
    let out: Buffer = Buffer.from((ctx.isAnonymized ? '' : bom) + rewritten, 'utf8');
    for (const pack of packings.reverse()) out = pack(out);
    return { ok: true, body: out };
  }
  return refuse('body-limits');
}
