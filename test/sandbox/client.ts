import { S3Client } from '@aws-sdk/client-s3';
import type { Sandbox } from '../../sandbox/server.ts';

/** A client of the sandbox that does not retry, so that a test sees each answer. */
export function clientOf(
  sandbox: Sandbox,
  options: { accessKeyId?: string; maxAttempts?: number; region?: string } = {},
): S3Client {
  return new S3Client({
    endpoint: sandbox.endpoint,
    region: options.region ?? 'us-east-1',
    forcePathStyle: true,
    maxAttempts: options.maxAttempts ?? 1,
    credentials: { accessKeyId: options.accessKeyId ?? 'AKIASANDBOX', secretAccessKey: 'secret' },
  });
}

/** A signed-looking request past the SDK, for what it hides. */
export function rawRequest(sandbox: Sandbox, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', 'AWS4-HMAC-SHA256 Credential=AKIASANDBOX/20260101/us-east-1/s3/aws4_request');
  return fetch(sandbox.endpoint + path, { ...init, headers });
}
