import type { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { S3Response } from './response.ts';
import type { Route } from './router.ts';

/** AWS JSON 1.1: the operation stands in a header, fields in a JSON document both ways. */

export type JsonFields = Record<string, unknown>;

/** An error of such a service, by the name of its shape. */
export class JsonServiceError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const CONTENT_TYPE = 'application/x-amz-json-1.1';

/**
 * Routes of a service: one for each operation, and one for all that are missing.
 * @param target the service's prefix in X-Amz-Target
 */
export function jsonRoutes(
  target: string,
  operations: Record<string, (fields: JsonFields) => JsonFields | Promise<JsonFields>>,
): Route[] {
  return Object.entries(operations).map(([operation, answer]) => ({
    operation,
    method: 'POST',
    target: 'service',
    matches: (request: S3Request) => request.headers.get('x-amz-target') === `${target}.${operation}`,
    async handle({ request }) {
      try {
        return jsonResponse(200, await answer(JSON.parse(request.body.toString('utf8')) as JsonFields));
      } catch (error) {
        if (error instanceof JsonServiceError) return errorDocument(error.type, error.message, 400);
        throw error;
      }
    },
    errorResponse: (error: S3Error) => errorDocument(error.code, error.message, error.status),
  }));
}

function errorDocument(type: string, message: string, status: number): S3Response {
  return jsonResponse(status, { __type: type, message, Message: message });
}

function jsonResponse(status: number, fields: JsonFields): S3Response {
  return { status, headers: { 'content-type': CONTENT_TYPE }, body: JSON.stringify(fields) };
}

/** A field that has to be a text. @throws JsonServiceError */
export function textField(fields: JsonFields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new JsonServiceError('InvalidInputException', `${name} is missing`);
}

/** A field that has to be a structure. @throws JsonServiceError */
export function structureField(fields: JsonFields, name: string): JsonFields {
  const value = fields[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonFields;
  throw new JsonServiceError('InvalidInputException', `${name} is missing`);
}

/** A field that is a list of structures, or is left out. */
export function listField(fields: JsonFields, name: string): JsonFields[] {
  const value = fields[name];
  return Array.isArray(value) ? (value as JsonFields[]) : [];
}
