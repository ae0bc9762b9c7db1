import { z } from 'zod';
import { ERROR_KINDS, type ErrorCode } from '../errors.ts';

/** What an action answers with: the scalars are outputs of their own, all of it is the output `result`. */

export const DECISIONS = {
  listed: '`inventory` made the file',
  planned: 'there is a plan that may be started; of `freeze` and `thaw`, what a dry run would change',
  'nothing-to-do':
    'the bucket is as it was at the point in time, so there is nothing to start; or nothing has expired',
  blocked: 'there is a plan, and a check of it stands against starting it',
  restoring: '`restore-archived` told cost and time or how far S3 is, or S3 is restoring: look again later',
  suspended: '`deploy` made the stack, and jobs that wait for `start-jobs`',
  done: 'every planned row ended done or already, and the verification agrees where it was asked for; the bucket is frozen, or thawed; the drill passed',
  incomplete:
    'it ran; rows were left as they are, or the verification found differences; a rule that `freeze` paused stays so; a drill did not pass',
  cleaned: '`cleanup` removed what there was on AWS; the record stays',
  'would-clean': '`cleanup` with `dry-run` told what it would remove',
  agrees: '`verify` found all that it compared as planned',
  differs: '`verify` found differences',
  ready: '`doctor` found nothing that has to be changed',
  'not-ready': '`doctor` found something that has to be changed',
  refused: 'the input, the proof or the bucket was refused: nothing was changed',
  failed: 'it failed on the way; the record says what was done',
} as const;
export type ActionDecision = keyof typeof DECISIONS;

/** Codes of what ended in order; every other reason is an error code. */
export const REASONS = ['OK', 'ROWS_LEFT', 'DIFFERENCES_FOUND', 'NOT_READY'] as const;

const ERROR_CODES = Object.keys(ERROR_KINDS) as [ErrorCode, ...ErrorCode[]];

export const actionResultSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    action: z.string(),
    decision: z.enum(Object.keys(DECISIONS) as [ActionDecision, ...ActionDecision[]]),
    reasonCode: z.enum([...REASONS, ...ERROR_CODES]),
    message: z.string().nullable().describe('what was found, where the reason is not OK; untrusted text'),
    hint: z.string().nullable().describe('the next step; untrusted text'),
    rollbackId: z.string().nullable(),
    planDigest: z.string().nullable(),
    pullRequest: z.strictObject({ number: z.int().min(1), url: z.string() }).nullable(),
    commentUrl: z.string().nullable(),
    command: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('what the command answers with --json; null where it did not run, or above 256 KiB'),
  })
  .describe('What an action of s3-rewind answers with.');
export type ActionResult = z.infer<typeof actionResultSchema>;

/** Outputs of all jobs of a run share 50 MB, those of a job 1 MB. */
const MAX_COMMAND_CHARACTERS = 256 * 1024;

/** @param found what there is to say; the rest is null */
export function buildResult(
  found: Pick<ActionResult, 'action' | 'decision' | 'reasonCode'> & Partial<ActionResult>,
): ActionResult {
  const command = found.command ?? null;
  return {
    message: null,
    hint: null,
    rollbackId: null,
    planDigest: null,
    pullRequest: null,
    commentUrl: null,
    ...found,
    schemaVersion: 1,
    command: command !== null && JSON.stringify(command).length > MAX_COMMAND_CHARACTERS ? null : command,
  };
}

/**
 * What a run that came to its end answers.
 * @param left what to say of rows that were left; null: none was
 * @param agrees what the verification found; null: it was not asked for
 */
export function buildRunResult(
  found: Pick<ActionResult, 'action'> & Partial<ActionResult>,
  left: Pick<ActionResult, 'message' | 'hint'> | null,
  agrees: boolean | null,
): ActionResult {
  if (left !== null)
    return buildResult({ ...found, decision: 'incomplete', reasonCode: 'ROWS_LEFT', ...left });
  if (agrees === false) {
    return buildResult({
      ...found,
      decision: 'incomplete',
      reasonCode: 'DIFFERENCES_FOUND',
      message: 'It ran to its end, and the verification found differences.',
      hint: 'keys that were written since the run differ rightly; use the action verify for the others',
    });
  }
  return buildResult({ ...found, decision: 'done', reasonCode: 'OK' });
}
