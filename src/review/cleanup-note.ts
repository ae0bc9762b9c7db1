import { formatCodeSpan, formatLink } from '../render/markdown.ts';
import { formatQuantity } from './figures.ts';
import { parseMarker } from './marker.ts';

/** What was taken away from AWS. */
export type Removal = {
  rollbackId: string;
  /** Jobs that were cancelled. */
  jobs: number;
  /** Names of the stacks: one, or none, and of a set those of its members. */
  stacks: readonly string[];
};

const ALERT = '> [!NOTE]';
const BEGINNING = '> **Cleaned up:** ';

/**
 * Notes in a comment of ours that its rollback was cleaned up. All else stays: what was done and verified is still true.
 * @returns null where the body is not of this rollback
 */
export function noteCleanup(body: string, removal: Removal, runUrl: string): string | null {
  if (parseMarker(body)?.rollbackId !== removal.rollbackId) return null;
  const [marker = '', title = '', ...rest] = body.split(/\r?\n/);
  const note = [ALERT, `${BEGINNING}${describeRemoval(removal)} ${formatLink('Run', runUrl)}`];
  const isNoted = rest[1] === ALERT && rest[2]?.startsWith(BEGINNING);
  return [marker, title, '', ...note, ...rest.slice(isNoted ? 3 : 0)].join('\n');
}

function describeRemoval({ jobs, stacks }: Removal): string {
  const names = stacks.map((stack) => formatCodeSpan(stack, { cell: false })).join(', ');
  const gone = stacks.length === 1 ? `the stack ${names} is` : `the stacks ${names} are`;
  const removed = [
    ...(stacks.length === 0 ? [] : [`${gone} gone from AWS`]),
    ...(jobs === 0
      ? []
      : [`${formatQuantity(jobs, 'job')} that had not ended ${jobs === 1 ? 'was' : 'were'} cancelled`]),
  ];
  const start = jobs === 0 ? '' : ' To start it after all, begin with a new run.';
  return `${removed.join(', ')}. The record stays: verification and undo work as before.${start}`;
}
