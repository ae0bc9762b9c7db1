import process from 'node:process';
import { openS3Client } from '../src/aws/client.ts';
import { openObjectCalls } from '../src/aws/objects.ts';
import { openS3Calls } from '../src/aws/s3-calls.ts';
import { callPace, pacedCalls } from '../src/execute/paced-calls.ts';
import type { BatchResponse } from './batch-event.ts';
import type { LambdaContext } from './deadline.ts';
import { type FunctionParts, handleBatchEvent } from './handle-batch-event.ts';
import { openLog } from './log.ts';
import { readFunctionScope } from './task-scope.ts';

/** Requests in flight of one invocation; a job runs many of them side by side. */
const MAX_REQUESTS = 32;

let parts: FunctionParts | null = null;

/** Entry of the Lambda function that S3 Batch Operations invokes. */
export async function handler(event: unknown, context: LambdaContext): Promise<BatchResponse> {
  parts ??= openParts();
  return await handleBatchEvent(parts, event, context);
}

/** Made by the first invocation and kept for the next ones of the same environment. */
function openParts(): FunctionParts {
  const client = openS3Client({});
  return {
    calls: pacedCalls(openS3Calls(client), callPace(MAX_REQUESTS)),
    objects: openObjectCalls(client),
    scope: readFunctionScope(process.env),
    log: openLog(process.env.LOG_LEVEL),
    refusedConditions: { onDelete: false, onCopy: false },
  };
}
