/** The form of tests, in a policy file or in a `*.test.yaml` over the whole set, and of what `explain --batch` reads. */
import { z } from 'zod';
import { ACTIONS, PURPOSES, type Purpose, STATES } from '../consent/state.ts';
import { SIGNAL_NAMES } from '../signals/signal.ts';
import { RECORD_CASES, SIGNAL_STATES } from './case-names.ts';
import { checkText, day, duration } from './schema-values.ts';

const place = z.string().max(16).nullable();
const flag = z.union([z.string().max(64), z.int(), z.boolean()]);

const record = z
  .union([
    z.enum(['unavailable', 'invalid']),
    z.strictObject({
      ...(Object.fromEntries(PURPOSES.map((purpose) => [purpose, z.enum(STATES).optional()])) as {
        [P in Purpose]: z.ZodOptional<z.ZodEnum<{ [S in (typeof STATES)[number]]: S }>>;
      }),
      age: duration.optional().describe('How long ago the choices were made; 1d unless told'),
      notice: z.string().nullable().optional().describe('Version of the notice that was shown; null: none that is registered'),
      model: z
        .enum(['opt-in', 'opt-out', 'none'])
        .optional()
        .describe('Model of the place where they were made; opt-in unless told'),
    }),
  ])
  .describe('Choices by purpose; unavailable: the store does not answer; invalid: a forged cookie');

const givenShape = {
  country: place.optional().describe('As a header would spell it; null or absent: unknown'),
  region: place.optional(),
  disagrees: z.strictObject({ country: place, region: place.optional() }).optional().describe('What a second geo source says'),
  at: day.optional().describe('The UTC day on which it happens'),
  gpc: flag.optional().describe('Value of Sec-GPC'),
  dnt: flag.optional().describe('Value of DNT'),
  'us-privacy': z.string().max(64).optional().describe('Value of us_privacy, such as 1YNN'),
  gpp: z
    .union([z.string().max(16_384), z.record(z.string(), z.record(z.string(), z.union([z.int(), z.boolean()])))])
    .optional()
    .describe('A GPP string, or section → field → value'),
  tcf: z
    .union([
      z.string().max(8_192),
      z.strictObject({ purposes: z.array(z.int().min(1).max(24)).optional(), vendor: z.boolean().optional() }),
    ])
    .optional()
    .describe('A TC string, or the purposes with consent and whether the vendor has it'),
  record: record.optional(),
  denied: z.array(z.enum(PURPOSES)).optional().describe('Purposes that a valid cookie denies'),
  label: z.string().max(500).nullable().optional().describe('Label of the route'),
  age: z.int().min(0).max(150).nullable().optional().describe('Age of the visitor, where the hit tells it'),
  sensitive: z.boolean().optional().describe('Whether the route is marked sensitive'),
  'tcf-vendor': z.int().min(1).max(65_535).nullable().optional().describe('IAB vendor id of the route'),
};

export const Given = z.strictObject(givenShape).meta({ id: 'situation', description: 'What is known of a hit' });
export type Given = z.infer<typeof Given>;

const { country: _country, region: _region, disagrees: _disagrees, ...everywhere } = givenShape;

const expectedAction = z.union([z.enum(ACTIONS), z.array(z.enum(ACTIONS)).min(1)]);
export const Expectation = z
  .strictObject({
    policy: z.string().optional().describe('Id of the file that answers'),
    'policy-not': z.string().optional(),
    ...(Object.fromEntries(PURPOSES.map((purpose) => [purpose, expectedAction.optional()])) as {
      [P in Purpose]: z.ZodOptional<typeof expectedAction>;
    }),
    states: z
      .strictObject(
        Object.fromEntries(PURPOSES.map((purpose) => [purpose, z.enum(STATES).optional()])) as {
          [P in Purpose]: z.ZodOptional<z.ZodEnum<{ [S in (typeof STATES)[number]]: S }>>;
        },
      )
      .optional(),
  })
  .meta({ id: 'expectation', description: 'Which file answers, and the action of a purpose, or the actions that are right' });
export type Expectation = z.infer<typeof Expectation>;

export const TestCase = z
  .strictObject({
    name: checkText,
    given: Given.optional(),
    each: z.array(Given).min(1).optional().describe('Several situations with the same expectation'),
    'for-all': z.strictObject(everywhere).optional().describe('One situation in every place there is'),
    expect: Expectation,
  })
  .superRefine((test, context) => {
    const kinds = [test.given, test.each, test['for-all']].filter((kind) => kind !== undefined);
    if (kinds.length !== 1) {
      context.addIssue({ code: 'custom', message: 'a test has one of given, each and for-all: write given: { country: "DE" }' });
    }
    if (Object.keys(test.expect).length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['expect'],
        message: 'a test that expects nothing proves nothing: write expect: { advertising: drop }',
      });
    }
  });
export type TestCase = z.infer<typeof TestCase>;

const invariantWhen = z
  .strictObject({
    places: z.array(z.string()).min(1).optional().describe('Codes; a country means its subdivisions too'),
    record: z.union([z.enum(RECORD_CASES), z.array(z.enum(RECORD_CASES)).min(1)]).optional(),
    signals: z.partialRecord(z.enum(SIGNAL_NAMES), z.enum(SIGNAL_STATES)).optional(),
    label: z.string().optional(),
    under: z.int().min(1).max(150).optional().describe('Age that the hit tells, below this'),
    sensitive: z.boolean().optional(),
  })
  .describe('The cases that are meant; without a key, all');

const actions = z.strictObject(
  Object.fromEntries(PURPOSES.map((purpose) => [purpose, expectedAction.optional()])) as {
    [P in Purpose]: z.ZodOptional<typeof expectedAction>;
  },
);

const Invariant = z
  .strictObject({
    name: checkText,
    when: invariantWhen.optional(),
    never: actions.optional().describe('Actions that are wrong'),
    always: actions.optional().describe('Actions that are right'),
  })
  .superRefine((invariant, context) => {
    if (invariant.never === undefined && invariant.always === undefined) {
      context.addIssue({
        code: 'custom',
        message: 'an invariant says what never or always happens: write never: { advertising: forward }',
      });
    }
  })
  .describe('What has to hold in every case; policy verify tries them all');
export type InvariantSource = z.infer<typeof Invariant>;

export const TestFile = z
  .strictObject({
    schema: z.literal(1).describe('Version of the format'),
    kind: z.literal('tests'),
    clock: day.describe('The day of tests that do not name one'),
    tests: z.array(TestCase).min(1).optional(),
    invariants: z.array(Invariant).min(1).optional(),
  })
  .describe('Tests over the whole set');
export type TestFile = z.infer<typeof TestFile>;
