import { S3CallError } from '../s3/call-error.ts';
import type { SplitRow } from './split.ts';
import { outcomeOf, type TaskContext } from './task-context.ts';

/** Keys of a full DeleteObjects request (S3's limit, API_DeleteObjects). */
export const DELETE_REQUEST_KEYS = 1_000;

/** Codes by which stores turn down a header or element that they do not know. */
const UNKNOWN_TO_THE_STORE = ['MalformedXML', 'InvalidArgument', 'InvalidRequest'];

/** Whether a store may have turned a request down for its condition alone. */
export function isConditionUnknown(error: unknown): boolean {
  if (!(error instanceof S3CallError)) return false;
  return error.failure === 'unsupported' || UNKNOWN_TO_THE_STORE.includes(error.code);
}

/** Settles a row whose request was not allowed, or was not sent as it would have lost an object. @returns whether it was */
export function settleDenied(context: TaskContext, row: SplitRow, error: unknown): boolean {
  if (!(error instanceof S3CallError)) return false;
  if (error.failure !== 'denied' && error.failure !== 'no-versions') return false;
  const outcome = error.failure === 'denied' ? 'denied' : 'refused';
  context.settle(row, outcomeOf(outcome, { detail: describeFailure(error) }));
  return true;
}

export function describeFailure(error: unknown): string {
  if (error instanceof S3CallError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
