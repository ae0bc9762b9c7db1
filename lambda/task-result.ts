import { RunbookError } from '../src/errors.ts';
import { LeaseHeldError, LeaseLostError } from '../src/execute/batch/lease.ts';
import type { TaskAnswer } from '../src/execute/task.ts';
import type { TaskResultCode } from '../src/s3/batch-job.ts';
import { S3CallError } from '../src/s3/call-error.ts';
import { OUTCOMES, type OutcomeCounts } from '../src/s3/outcome.ts';
import { printable } from '../src/s3/printable.ts';

/** AWS names no limit for a result string; the report's other texts end at about this length. */
const MAX_RESULT_CHARACTERS = 1_024;

/** What a task is answered with; `error` is the code for the log, null where rows were carried out. */
export type TaskVerdict = { code: TaskResultCode; text: string; error: string | null };

/** The answer for a split that was worked on: its counts, so that the report alone tells how it went. */
export function verdictOf({ counts, isComplete }: TaskAnswer): TaskVerdict {
  const text = JSON.stringify(shownCounts(counts));
  if (!isComplete) return { code: 'TemporaryFailure', text, error: 'OUT_OF_TIME' };
  if (counts.denied > 0 || counts.failed > 0) return { code: 'PermanentFailure', text, error: 'ROWS_FAILED' };
  return { code: 'Succeeded', text, error: null };
}

/** A task that is refused for what it asks, before anything was read. */
export function refuse(why: string): TaskVerdict {
  return permanent('TASK_REFUSED', why);
}

/** What an error means for the task that it ended: another invocation may get on, or none will. */
export function verdictOfError(error: unknown): TaskVerdict {
  if (error instanceof LeaseHeldError) return temporary('LEASE_HELD');
  if (error instanceof LeaseLostError) return temporary('LEASE_LOST');
  if (error instanceof RunbookError) return permanent(error.code, error.message);
  if (error instanceof S3CallError) {
    const isPassing = ['throttled', 'transient', 'network', 'credentials'].includes(error.failure);
    return isPassing ? temporary(error.code) : permanent(error.code, error.message);
  }
  const [name, message] = error instanceof Error ? [error.name, error.message] : ['Error', String(error)];
  return permanent('BUG', `${name}: ${message}`);
}

export function shownCounts(counts: OutcomeCounts): Partial<OutcomeCounts> {
  return Object.fromEntries(OUTCOMES.filter((name) => counts[name] > 0).map((name) => [name, counts[name]]));
}

/** S3 does not report the string of a temporary failure. */
function temporary(code: string): TaskVerdict {
  return { code: 'TemporaryFailure', text: code, error: code };
}

function permanent(code: string, message: string): TaskVerdict {
  const text = printable(`${code}: ${message}`).slice(0, MAX_RESULT_CHARACTERS);
  return { code: 'PermanentFailure', text, error: code };
}
