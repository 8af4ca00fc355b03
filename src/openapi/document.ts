/** The OpenAPI 3.1 document of both listeners, made from the schemas. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { OPERATIONS, type Operation } from './operations.ts';
import * as schemas from './schemas.ts';

type Json = Record<string, unknown>;

const SERVERS = {
  public: describeServer('http://localhost:8080', 'The public listener'),
  admin: describeServer('http://localhost:8081', 'The admin listener, never public'),
};

/** Where a gateway listens is its operator's business; the defaults are those of the program. */
function describeServer(origin: string, description: string) {
  return { url: '{origin}', description, variables: { origin: { default: origin, description: 'Scheme, host and port' } } };
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  html: 'text/html; charset=utf-8',
  script: 'text/javascript; charset=utf-8',
  Problem: 'application/problem+json',
  Jwks: 'application/jwk-set+json',
};

/** @param version of the package. */
export function buildOpenApi(version: string): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Consentry',
      version,
      summary: 'Consent-aware privacy gateway for tracking pixels',
      description:
        'The consent API, which banners and servers call, and the admin API of operators. Hits are whatever your collector takes and are not described here.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [SERVERS.public],
    tags: [
      { name: 'public', description: SERVERS.public.description },
      { name: 'admin', description: SERVERS.admin.description },
    ],
    paths: Object.fromEntries(
      Object.entries(OPERATIONS).map(([path, methods]) => [
        path,
        Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, describeOperation(operation)])),
      ]),
    ),
    components: {
      schemas: buildSchemas(),
      securitySchemes: {
        admin: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'consentry token mint --scope admin' },
        consent: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'consentry token mint --scope consent' },
      },
    },
  };
}

function describeOperation({ id, summary, listener, scope, parameters, body, answers }: Operation): Json {
  return {
    operationId: id,
    summary,
    tags: [listener],
    servers: [SERVERS[listener]],
    security: scope === null ? [] : [{ [scope]: [] }],
    ...(parameters !== undefined && {
      parameters: parameters.map(({ name, in: place, description, type }) => ({
        name,
        in: place,
        required: place === 'path',
        description,
        schema: { type },
      })),
    }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: refTo(body) } } },
    }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, kind]) => [
        status,
        { description: STATUS_CODES[status] ?? status, ...describeBody(kind) },
      ]),
    ),
  };
}

function describeBody(kind: string): Json {
  if (kind === 'none') return {};
  const schema = kind in schemas ? refTo(kind) : { type: kind === 'json' ? 'object' : 'string' };
  return { content: { [CONTENT_TYPES[kind] ?? 'application/json']: { schema } } };
}

function refTo(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** What is sent and what is answered: the input of a schema, which differs only where a value is transformed. */
function buildSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: built } = z.toJSONSchema(registry, {
    io: 'input',
    unrepresentable: 'any',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(Object.entries(built).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema]));
}
