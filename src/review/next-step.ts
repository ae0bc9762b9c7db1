import type { Check } from '../plan/plan-file.ts';
import { formatInlineText } from '../render/markdown.ts';
import { formatQuantity } from './figures.ts';
import type { ScenarioTable } from './scenario-table.ts';

/** Longest message or hint of a check, in characters as shown. */
const MAX_CHECK_CHARACTERS = 400;
/** Blocking checks that are spelled out beside the next step; all of them stand in the table of checks. */
const MAX_BLOCKING_SHOWN = 3;

const START_LOCALLY = startLocally('the table, the checks and the samples below', 'rollback');

/** The review of an undo has no samples. */
export const START_UNDO = startLocally('the table and the checks below', 'undo');

function startLocally(what: string, plan: string): string {
  return [
    `read ${what}. If they describe the ${plan} that you want, start it; FOLDER is the folder that holds \`plan.json\`:`,
    '```sh',
    'npm run --silent s3-rewind -- start-jobs --record FOLDER --yes',
    '```',
  ].join('\n');
}

/** Where S3's own jobs are to copy, there is nothing to start on this machine. */
export const DEPLOY_FIRST = [
  'read the table, the checks and the samples below. If they describe the rollback that you want, put it on AWS, where its jobs wait; FOLDER is the folder that holds `plan.json`, the ARNs are outputs of the bootstrap stack:',
  '```sh',
  'npm run --silent s3-rewind -- deploy --record FOLDER --record-bucket RECORDS --boundary-arn ARN --service-role-arn ARN',
  '```',
].join('\n');

export type NextStep = {
  /** Kind of GitHub alert (`> [!CAUTION]`). */
  alert: 'CAUTION' | 'IMPORTANT' | 'NOTE';
  /** Lines of Markdown. */
  lines: string[];
};

/**
 * The one next step: do not start, nothing to start, or what the caller says.
 * @param nextStep Markdown of our own that goes on after "Next step:"; where missing, the command for a local folder
 */
export function decideNextStep(
  checks: readonly Check[],
  table: ScenarioTable,
  nextStep: string | undefined,
): NextStep {
  const blocking = checks.filter(({ level }) => level === 'blocking');
  if (blocking.length > 0) return { alert: 'CAUTION', lines: describeBlocking(blocking) };
  if (table.keys > 0) {
    return { alert: 'IMPORTANT', lines: `**Next step:** ${nextStep ?? START_LOCALLY}`.split('\n') };
  }
  const why =
    table.listedKeys > 0
      ? `all that has to change, ${formatQuantity(table.listedKeys, 'key')}, is archived: start-jobs changes nothing and makes the record, then restore-archived restores and copies.`
      : 'no key in scope has to change. If you expected changes, check the bucket, the prefixes and the point in time, then plan again.';
  return { alert: 'NOTE', lines: [`**Next step:** nothing to start: ${why}`] };
}

function describeBlocking(blocking: Check[]): string[] {
  const shown = blocking.slice(0, MAX_BLOCKING_SHOWN);
  const more = blocking.length - shown.length;
  return [
    `**Next step:** do not start: ${blocking.length === 1 ? 'one check blocks' : `${blocking.length} checks block`} this plan. Settle what is named here, then plan again.`,
    ...shown.map(
      ({ message, hint }) =>
        `- ${formatInlineText(message, MAX_CHECK_CHARACTERS)} **Do:** ${formatInlineText(hint, MAX_CHECK_CHARACTERS)}`,
    ),
    ...(more > 0 ? [`- ${more} more: see the table of checks.`] : []),
  ];
}
