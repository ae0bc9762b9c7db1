import type { S3Client } from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';

/** An answer as it came in, as far as this file reads it. */
type RawResponse = { statusCode?: number; headers?: Record<string, string> };

/** A client has one stack for all calls that are made over it. */
const clocks = new WeakMap<S3Client, () => Date>();

/** Keeps the store's clock from the Date header of each answer. @returns a function that tells its time */
export function watchServerTime(client: S3Client): () => Date {
  const known = clocks.get(client);
  if (known !== undefined) return known;
  let offsetMs = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = Date.parse((result.response as RawResponse | undefined)?.headers?.date ?? '');
      if (!Number.isNaN(date)) offsetMs = date - Date.now();
      return result;
    },
    // Low: next to the network, before anything that throws on an error's status.
    { step: 'deserialize', priority: 'low', name: 'watchServerTime' },
  );
  const clock = () => new Date(Date.now() + offsetMs);
  clocks.set(client, clock);
  return clock;
}

/** Keeps what the store calls itself in each answer. @returns a function that tells it; empty before the first answer */
export function watchServerName(client: S3Client): () => string {
  let name = '';
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      name = (result.response as RawResponse | undefined)?.headers?.server ?? name;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'watchServerName', override: true },
  );
  return () => name;
}

/** The headers of the answer that an error of the SDK was made of. */
export function headersOf(error: unknown): Record<string, string> {
  return (error as { $response?: RawResponse }).$response?.headers ?? {};
}

export function statusOf(error: unknown): number | null {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata;
  return metadata?.httpStatusCode ?? (error as { $response?: RawResponse }).$response?.statusCode ?? null;
}

/** What the SDK or Node.js threw, as an S3CallError. A programming error stays what it is. */
export function asCallError(error: unknown): unknown {
  if (error instanceof S3CallError || !(error instanceof Error)) return error;
  const own = error as Error & { Code?: string; code?: string };
  const status = statusOf(error);
  // The SDK's words, without a name or code of its own.
  if (error.message === 'Region is missing') {
    return new S3CallError('RegionMissing', error.message, { status, cause: error });
  }
  const isFromS3 = status !== null || own.Code !== undefined;
  const isFromNode = typeof own.code === 'string' || error.name === 'TimeoutError';
  if (!isFromS3 && !isFromNode && error.name !== 'CredentialsProviderError') return error;
  const region = headersOf(error)['x-amz-bucket-region'];
  // Answers without a body, to HEAD, have no code: the SDK calls them Unknown, or after the status. A 400 among them
  // that names the bucket's Region is about that.
  const isUnnamed = own.Code === undefined && status === 400 && region !== undefined;
  const named = isUnnamed ? 'AuthorizationHeaderMalformed' : (own.Code ?? error.name);
  const code = isFromS3 ? named : (own.code ?? error.name);
  const message =
    error.message === 'UnknownError' || error.message === '' ? `HTTP status ${status}` : error.message;
  return new S3CallError(code, message, { status, region, cause: error });
}
