/** The format of `policies/vendors/*.yaml`. The JSON Schema for editors is generated from here. */
import { z } from 'zod';
import { PURPOSES } from '../consent/state.ts';
import { CARRIER_CLASSES } from '../privacy/report.ts';
import { VALUE_TYPES } from './value-types.ts';

const purpose = z.enum(PURPOSES);
const name = z.string().min(1).max(120);

const fieldSchema = z
  .strictObject({
    names: z
      .array(name)
      .min(1)
      .describe(
        'Names of query or form fields, or paths of JSON members: keys joined by dots, positions in arrays left out. A name covers what lies below it (`cd` covers `cd[value]` and `cd.value`). `*` stands for any characters but a dot, `#` for a number of up to three digits.',
      ),
    class: z.enum(CARRIER_CLASSES).describe('What the value tells about a person; `utility` tells nothing.'),
    purpose: purpose.optional().describe('What the value is for. Default: the first of `purposes`; for click ids `advertising`.'),
    type: z.enum(VALUE_TYPES).optional().describe('Form that a value must have to stay in an anonymized hit.'),
    values: z.array(z.string()).min(1).optional().describe('Values of an enum.'),
    like: z.array(z.string()).min(1).optional().describe('Forms of the value; a `*` at the end stands for anything.'),
    placeholder: z.string().optional().describe('Constant for a removed value that the collector cannot do without.'),
    holds: z
      .enum(['json', 'query', 'hit'])
      .optional()
      .describe('The value holds further fields: JSON or a query, also in base64, or a whole hit of this vendor.'),
    as: z.string().max(120).optional().describe('Name under which the fields inside are declared; empty for the top.'),
    shape: z
      .enum(['text', 'number', 'hex16', 'hex32', 'uuid', 'ga', 'none'])
      .optional()
      .describe('Form of a pseudonym that the collector takes; none where it takes no pseudonym. Default: text.'),
    required: z.boolean().optional().describe('The collector refuses a hit without it.'),
  })
  .refine((field) => field.type !== 'enum' || field.values !== undefined, {
    message: 'type enum needs values: [ … ]',
    path: ['type'],
  });

const endpoint = z
  .string()
  .regex(/^(?:\*\*)?\/[^\s?#]*$/, 'write a path that begins with / or **/, `*` for one segment, `**` for any number');
const restrictionValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.record(z.string(), z.unknown())]);

export const vendorSchema = z.strictObject({
  schema: z.literal(1),
  vendor: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'write the name of the file without .yaml'),
  title: z.string(),
  sources: z.array(z.string()).optional().describe('Where the fields are documented or were seen.'),
  purposes: z.array(purpose).describe('What a hit as a whole serves: the gate of a route that names no purposes.'),
  recipient: z.enum(['own', 'processor', 'third-party']),
  address: purpose.optional().describe('Purpose that needs the client address. Default: the strictest that the profile names.'),
  'click-ids': purpose
    .optional()
    .describe('Purpose of click ids in page addresses. Default: the strictest that the profile names.'),
  'consent-in-body': z
    .boolean()
    .optional()
    .describe('Whether a consent signal may stand in the body. Default true; false spares reading it.'),
  endpoints: z.array(endpoint),
  opaque: z.array(endpoint).optional().describe('Endpoints whose hits cannot be anonymized: recordings, sealed bodies.'),
  dropped: z
    .strictObject({
      status: z.number().int().min(200).max(299),
      type: z.string().optional(),
      body: z.string().optional(),
      gif: z.literal(true).optional().describe('A transparent GIF of 43 bytes.'),
    })
    .optional()
    .describe("Answer to a dropped hit that the vendor's script takes for success. Default: what the route's `respond` says."),
  batches: z.array(name).optional().describe('Paths that hold hits: the fields below are named as if they stood at the top.'),
  entities: z
    .array(name)
    .optional()
    .describe('Paths of objects whose `schema` (Iglu) says what their `data` is: its fields are named below that instead.'),
  fields: z.array(fieldSchema),
  cookies: z.array(fieldSchema).optional(),
  headers: z.array(fieldSchema).optional(),
  restricted: z
    .array(
      z.strictObject({
        without: purpose,
        beside: name.describe('Set where this field stands.'),
        set: z.record(z.string(), restrictionValue).optional().describe('Overrides what came.'),
        add: z.record(z.string(), restrictionValue).optional().describe('Added where it is not there.'),
      }),
    )
    .optional()
    .describe("The vendor's restricted mode, where a purpose is not forwarded and the hit goes all the same."),
});

export type VendorFile = z.infer<typeof vendorSchema>;
export type FieldEntry = z.infer<typeof fieldSchema>;

/** The JSON Schema of a profile, as `policies/vendor.schema.json` holds it. */
export function createVendorJsonSchema(): unknown {
  return { title: 'Consentry vendor profile', ...z.toJSONSchema(vendorSchema, { io: 'input' }) };
}
