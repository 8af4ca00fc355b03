/** The keys of `consentry.yaml`, with their defaults: one schema for the file, for the middleware's options and for the docs. */
import { z } from 'zod';
import { PURPOSES } from './consent/state.ts';

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `200ms`, `10s`, `5m`, `1h`, `400d` → milliseconds. */
const duration = z.string().transform((text, context) => {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match !== null) return Number(match[1]) * (DURATION_UNITS_MS[match[2] as string] as number);
  context.addIssue({ code: 'custom', message: `"${text}" is no duration; write a number with ms, s, m, h or d, like 10s` });
  return z.NEVER;
});

/** `16KiB`, `1GiB` → bytes. */
const size = z.string().transform((text, context) => {
  const match = /^(\d{1,9})(B|KiB|MiB|GiB)$/.exec(text);
  if (match !== null) return Number(match[1]) * (SIZE_UNITS[match[2] as string] as number);
  context.addIssue({ code: 'custom', message: `"${text}" is no size; write a number with B, KiB, MiB or GiB, like 16KiB` });
  return z.NEVER;
});

const port = z.int().min(0).max(65_535);
const purpose = z.enum(PURPOSES);
const text = z.string().min(1);

const route = z.strictObject({
  path: z.string().regex(/^\/[^\s?#]*$/, 'write a path like /collect or /prefix/*'),
  host: text.optional(),
  vendor: text.optional(),
  purposes: z.array(purpose).min(1).optional(),
  recipient: z.enum(['own', 'processor', 'third-party']).optional(),
  label: text.optional(),
  respond: z.enum(['upstream', 'pixel', 'empty']).default('upstream'),
  upstream: text.optional(),
  'host-header': z
    .string()
    .regex(/^[A-Za-z0-9._:[\]-]+$/, 'write keep, or a host like collector.example or 192.0.2.1:8080')
    .default('keep'),
  subject: z
    .string()
    .regex(/^(cookie|query:.+|header:.+|path:\d+|body:\$\..+)$/, 'write cookie, query:NAME, header:NAME, path:N or body:$.path')
    .default('cookie'),
  sensitive: z.boolean().default(false),
  age: z
    .string()
    .regex(/^(query:.+|header:.+|body:\$\..+)$/, 'write query:NAME, header:NAME or body:$.path')
    .optional(),
  'tcf-vendor': z.int().min(1).max(65_535).nullable().default(null),
  pass: z.boolean().default(false),
});

const notice = z.strictObject({
  hash: text,
  purposes: z.array(purpose).min(1),
  recipients: z.array(text).default([]),
});

const geoSource = z.union([
  z.enum(['none', 'cloudflare', 'cloudfront', 'vercel', 'fastly']),
  z.strictObject({ country: text, region: text.optional() }),
]);

export const configSchema = z.strictObject({
  site: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'write letters, digits, dots and hyphens')
    .default('default'),
  listen: z.strictObject({ host: text.default('0.0.0.0'), port: port.default(8080) }).prefault({}),
  admin: z
    .strictObject({ host: text.default('127.0.0.1'), port: port.default(8081), 'metrics-open': z.boolean().default(true) })
    .prefault({}),
  upstream: text.nullable().default(null),
  policies: text.optional(),
  'policies-next': text.nullable().default(null),
  store: text.default('lmdb:./data'),
  redis: z
    .strictObject({
      wait: z.strictObject({ replicas: z.int().min(0).default(0), timeout: duration.prefault('200ms') }).prefault({}),
    })
    .prefault({}),
  workers: z.union([z.literal('auto'), z.int().min(1).max(64)]).default('auto'),
  trust: z
    .strictObject({
      proxies: z.array(text).default([]),
      forwarded: z.enum(['x-forwarded-for', 'forwarded']).default('x-forwarded-for'),
      geo: geoSource.default('none'),
    })
    .prefault({}),
  geo: z.strictObject({ database: text.nullable().default(null), assume: text.nullable().default(null) }).prefault({}),
  routes: z.array(route).default([]),
  unmatched: z.enum(['next', 'refuse']).optional(),
  consent: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/[^\s?#]*[^/\s?#]$/, 'write a path like /consent')
        .default('/consent'),
      origins: z.array(z.string().regex(/^https?:\/\/[^/\s]+$/, 'write an exact origin like https://shop.example')).default([]),
      'public-url': text.nullable().default(null),
      cookie: z
        .strictObject({
          name: text.nullable().default(null),
          domain: text.nullable().default(null),
          'max-age': duration.prefault('400d'),
          secure: z.boolean().default(true),
          'same-site': z.enum(['lax', 'strict', 'none']).default('lax'),
        })
        .prefault({}),
      notices: z.record(text, notice).default({}),
      categories: z.record(text, purpose).default({}),
      rate: z.strictObject({ 'per-minute': z.int().min(1).default(600) }).prefault({}),
      anchor: z.strictObject({ dir: text.nullable().default(null) }).prefault({}),
      retain: duration.nullable().default(null),
      gpc: z
        .strictObject({ 'last-update': z.string().regex(/^\d{4}-\d{2}-\d{2}$/) })
        .nullable()
        .default(null),
    })
    .prefault({}),
  tcf: z.strictObject({ 'cmp-list': text.nullable().default(null), gvl: text.nullable().default(null) }).prefault({}),
  evidence: z
    .strictObject({
      mode: z.enum(['off', 'sampled', 'all', 'required']).default('sampled'),
      dir: text.default('./data/evidence'),
      retain: duration.prefault('90d'),
    })
    .prefault({}),
  spool: z.strictObject({ 'max-bytes': size.prefault('1GiB'), 'max-age': duration.prefault('1h') }).prefault({}),
  limits: z
    .strictObject({ header: size.prefault('16KiB'), body: size.prefault('256KiB'), 'consent-body': size.prefault('16KiB') })
    .prefault({}),
  timeouts: z
    .strictObject({
      header: duration.prefault('10s'),
      body: duration.prefault('10s'),
      upstream: duration.prefault('10s'),
      idle: duration.prefault('5s'),
      drain: duration.prefault('20s'),
    })
    .prefault({}),
});

export type ConfigInput = z.input<typeof configSchema>;
export type ParsedConfig = z.output<typeof configSchema>;
export type ParsedRoute = ParsedConfig['routes'][number];
