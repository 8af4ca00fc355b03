/**
 * The form of a policy file. Checks of the form alone are here; what needs other files (parents, codes matched twice)
 * is in resolve.ts. `policies/policy.schema.json` is generated from this.
 */
import { z } from 'zod';
import { ACTIONS, OPTIONAL_PURPOSES, PURPOSES, type Purpose } from '../consent/state.ts';
import { SIGNAL_NAMES, type SignalName } from '../signals/signal.ts';
import { explainCode } from './code-check.ts';
import { TestCase } from './schema-tests.ts';
import { checkText, day, duration } from './schema-values.ts';

const optionalPurpose = z.enum(OPTIONAL_PURPOSES as [Purpose, ...Purpose[]]);
const purposes = z.array(optionalPurpose).min(1);
const action = z.enum(ACTIONS);

/** Codes as ISO writes them. The pattern is for editors; the refinement says what is wrong. */
const code = z
  .string()
  .superRefine((value, context) => {
    const problem = explainCode(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ pattern: '^(\\*|[A-Z]{2}(-[A-Z0-9]{1,3})?)$' })
  .describe(
    'ISO 3166-1 country ("DE"), ISO 3166-2 subdivision ("US-CA"), "ZZ" for an unknown place, "*" for the rest of the world',
  );
const codes = z.array(code).min(1);

const cells = z
  .strictObject({
    granted: action.optional().describe('Action on a yes that is in force'),
    unknown: action.optional().describe('Action where nothing is known, or a yes expired'),
    denied: action.optional().describe('Action on a no, or a yes taken back; a no never expires'),
  })
  .meta({ id: 'cells', description: 'What happens by what is known of the choice' });

function byPurpose<T extends z.ZodType>(value: T) {
  return z.strictObject(
    Object.fromEntries(PURPOSES.map((purpose) => [purpose, value.optional()])) as { [P in Purpose]: z.ZodOptional<T> },
  );
}

const may = z.array(z.enum(['grant', 'deny'])).describe('What the signal may do here: grant, deny, both, or nothing');

/** ignore, or what a signal may do, with the keys that only this signal has. */
function signal<T extends Record<string, z.ZodOptional>>(own: T) {
  const map = z.strictObject({
    may: may.optional(),
    covers: purposes.optional().describe('Purposes that the signal speaks about'),
    ...own,
  });
  return z
    .union([z.literal('ignore'), map])
    .describe('ignore, or what the signal may do; a signal that no policy names may deny and never grant');
}

const needs = z
  .strictObject(
    Object.fromEntries(
      OPTIONAL_PURPOSES.map((purpose) => [purpose, z.array(z.int().min(1).max(11)).min(1).optional()]),
    ) as Record<Purpose, z.ZodOptional<z.ZodArray<z.ZodInt>>>,
  )
  .describe('Purposes of the TCF that must all carry consent');

const sections = z
  .union([
    z.literal('any'),
    z.array(z.string().regex(/^[a-z]+[a-z0-9]*$/, 'write the name of a GPP section, such as usnat or usca, or any')).min(1),
  ])
  .describe('Sections that are heard, or any');

const plainSignal = signal({});
const SIGNALS = {
  ...(Object.fromEntries(SIGNAL_NAMES.map((name) => [name, plainSignal.optional()])) as Record<
    SignalName,
    z.ZodOptional<typeof plainSignal>
  >),
  gpc: signal({
    'beats-record': z.boolean().optional().describe('Denies also over a dated yes in the record'),
    remember: z.boolean().optional().describe('Seen with a known subject, it is recorded as a denial, once'),
  }).optional(),
  tcf: signal({
    needs: needs.optional(),
    'vendor-consent': z
      .enum(['required', 'ignore'])
      .optional()
      .describe('Whether the bit of the vendor counts where the route names one'),
  }).optional(),
  gpp: signal({
    sections: sections.optional(),
    'deny-when': z.array(z.string()).min(1).optional().describe('Fields whose value 1 is an opt-out'),
  }).optional(),
};

const signals = z
  .strictObject({ record: z.strictObject({ may }).optional().describe('The consent record that the gateway keeps'), ...SIGNALS })
  .meta({ id: 'signals', description: 'Which signals are heard. Any denial in force beats any grant' });

const bits = (max: number) => z.int().min(0).max(max);
const anonymize = z
  .strictObject({
    ip: z
      .union([z.literal('drop'), z.strictObject({ v4: bits(32).optional(), v6: bits(128).optional() })])
      .optional()
      .describe('drop, or the bits kept of an address'),
    ids: z.enum(['drop', 'pseudonymize-daily']).optional().describe('Online identifiers'),
    'join-ids': z.enum(['keep', 'drop']).optional().describe('Event, page and order ids'),
    'user-agent': z.enum(['keep', 'family', 'drop']).optional(),
    device: z.enum(['keep', 'coarse', 'drop']).optional().describe('Screen, language, client hints'),
    page: z.enum(['keep', 'path', 'origin', 'drop']).optional().describe('Addresses of pages'),
    text: z.enum(['keep', 'drop']).optional().describe('Titles, search terms, labels'),
    referrer: z.enum(['keep', 'origin', 'drop']).optional(),
    undeclared: z
      .enum(['scan', 'drop'])
      .optional()
      .describe('Fields that no profile names: kept where nothing is detected, or dropped'),
    time: z.enum(['exact', 'hour']).optional(),
    geo: z.enum(['none', 'country', 'region']).optional().describe('What of the place the collector may be told'),
  })
  .meta({
    id: 'anonymize',
    description: 'What the action anonymize leaves of a hit. A key that nobody names has its strictest value',
  });

const consent = z
  .strictObject({
    'valid-for': duration.optional().describe('Life of a yes; a no does not expire'),
    'reask-after-no': duration.optional().describe('How long a banner is told not to ask again after a no'),
    'reask-below': day.optional().describe('Yeses given before this day are expired'),
    proof: z
      .enum(['required', 'optional'])
      .optional()
      .describe('required: a yes counts only with a notice version registered in the configuration'),
    'record-refusals': z
      .boolean()
      .optional()
      .describe('false: a first no leaves a cookie without an id and nothing in the store'),
    withdraw: z
      .enum(['same-effort'])
      .optional()
      .describe('GDPR Art. 7(3), for the reader: withdrawing is always as easy as giving'),
    'adult-from': z.int().min(0).max(21).optional().describe('Where the hit tells the age: below it, a yes does not count'),
  })
  .meta({ id: 'consent', description: 'How long a choice counts and what it needs' });

const minor = z
  .strictObject({
    under: z.int().min(1).max(21).describe('The row applies below this age'),
    model: z.literal('opt-in').optional(),
    by: z
      .enum(['self', 'parent'])
      .optional()
      .describe('Who has to say yes. Records cannot show a parent, so that with parent no yes counts'),
    purposes: purposes.optional(),
    ban: purposes.optional().describe('Purposes that are dropped whatever anybody says'),
  })
  .meta({
    id: 'minor',
    description: 'Used only where the hit tells the age; every row that applies applies, the strictest wins',
  });

const failure = z
  .strictObject({
    store: z
      .enum(['denied', 'unknown'])
      .optional()
      .describe('What a record counts as while the store does not answer; never softer than unknown'),
    geo: z.literal('ZZ').optional().describe('The place while no geo source answers'),
    evidence: z.enum(['drop', 'continue']).optional().describe('Whether hits go on while evidence cannot be written'),
  })
  .meta({ id: 'failure', description: 'What happens when something asked does not answer' });

/** The blocks that a parent hands down and a variant may change. */
const body = {
  model: z
    .enum(['opt-in', 'opt-out', 'none'])
    .optional()
    .describe('For the banner and the reader; the check compares it with the table'),
  purposes: byPurpose(cells).optional().describe('The table: purpose, what is known, action'),
  signals: signals.optional(),
  anonymize: anonymize.optional(),
  consent: consent.optional(),
  minors: z.array(minor).optional(),
  sensitive: byPurpose(cells).optional().describe('Cells on pages marked sensitive, where they are stricter'),
  failure: failure.optional(),
};
export const Body = z.strictObject(body);
export type Body = z.infer<typeof Body>;

const variant = z
  .strictObject({
    match: codes.describe('Places of this file, or subdivisions of them'),
    when: z.strictObject({ label: checkText }).optional().describe('Only for routes with this label'),
    effective: day.optional(),
    until: day.optional(),
    loosens: z
      .union([checkText, z.array(checkText).min(1)])
      .optional()
      .describe('Keys that are softer here than inherited'),
    because: checkText.optional().describe('Why they may be'),
    ...body,
  })
  .describe('The same but for the changed keys');

const source = z.strictObject({
  law: checkText,
  says: checkText.optional(),
  checked: day.describe('Day on which somebody last read it; the check warns after twelve months'),
});

export const RuleFile = z
  .strictObject({
    schema: z.literal(1).describe('Version of the format'),
    id: z
      .string()
      .regex(/^[a-z0-9]+([-/][a-z0-9]+)*$/, 'write an id of lower-case letters, digits and hyphens, such as us-ca')
      .describe('Name in decisions and records'),
    title: checkText,
    version: z
      .string()
      .regex(/^\d{4}\.\d{1,2}\.\d+$/, 'write the version as year, month and number, such as 2026.11.0')
      .describe('Version of the text; id@version#hash goes into every decision and record'),
    effective: day.optional().describe('First UTC day on which it answers'),
    until: day.optional().describe('First UTC day on which it no longer does'),
    extends: z.string().optional().describe('Id of the one parent'),
    abstract: z.boolean().optional().describe('true: matches nobody, is only extended'),
    match: codes
      .optional()
      .describe('Places that it answers for. Subdivision beats country beats "*"; the order of files never matters'),
    ...body,
    variants: z.array(variant).optional(),
    sources: z.array(source).optional(),
    tests: z.array(TestCase).optional().describe('Run at every load; a file whose tests fail is refused'),
  })
  .describe('A rule set for some places');
export type RuleFile = z.infer<typeof RuleFile>;
