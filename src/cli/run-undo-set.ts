import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { readRunStart } from '../execute/run-files.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { stageFolder } from '../plan/plan-folder.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { shellWord } from '../s3/shell-word.ts';
import { memberFolder, type ReplicationPair, type RollbackSet, type SetCheck } from '../set/set-file.ts';
import { buildSet, type PlannedMember, writeSet } from '../set/write-set.ts';
import { type OpenedMember, openSet } from './open-set.ts';
import { publishSetFolder } from './publish-set.ts';
import { buildUndoFolder, withUndoFolder } from './run-undo.ts';
import { inMember } from './set-member.ts';
import { planSetAnswer, planSetSummary } from './set-summary.ts';
import { writeJson, writeOut } from './terminal.ts';
import type { UndoOptions } from './undo.ts';

/**
 * The `undo` command for a set: the way back of every member that was run, the last one first. A member that was
 * begun and has not come to its end is refused, one that was never started is left out.
 */
export async function runUndoSet(options: UndoOptions): Promise<void> {
  await withUndoFolder(options, async (out) => {
    const { set, members } = await openSet(options.record, options);
    const staged = await stageFolder(out, null);
    try {
      const { undo, plans } = await buildUndoSet(staged.path, set, members, options);
      const url =
        options.recordBucket === undefined
          ? null
          : await publishSetFolder(options, staged.path, undo, options.recordBucket);
      await staged.commit();
      const place = url ?? (relative(process.cwd(), out) || '.');
      const answer = planSetAnswer(undo, plans, place, url);
      if (options.json) writeJson({ command: 'undo', of: options.record, ...answer });
      else writeOut(planSetSummary(undo, plans, place));
    } finally {
      await staged.discard();
    }
  });
}

/** Fills a folder with the set that takes a run back. */
async function buildUndoSet(
  folder: string,
  set: RollbackSet,
  members: readonly OpenedMember[],
  { record: name }: UndoOptions,
): Promise<{ undo: RollbackSet; plans: RollbackPlan[] }> {
  const planned: PlannedMember[] = [];
  for (const { member, open } of members.toReversed()) {
    const { record, end } = await open();
    try {
      if ((await readRunStart(record)) === null) continue;
      const own = join(folder, memberFolder(planned.length + 1, member.bucket));
      await mkdir(own);
      const plan = await inMember(member.bucket, () => buildUndoFolder(own, record));
      planned.push({ plan, region: member.region });
    } finally {
      await end();
    }
  }
  if (planned.length === 0) {
    throw new RunbookError('RECORD_NOT_RUN', `No member of ${name} was run.`, {
      hint: `there is nothing to take back; to run it: npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} --yes`,
    });
  }
  const plans = planned.map(({ plan }) => plan);
  const undone = new Set(plans.map(({ inputs }) => inputs.bucket));
  const pairs = set.pairs.filter(({ source, destination }) => undone.has(source) && undone.has(destination));
  const startOf = new Map(plans.map(({ inputs }) => [inputs.bucket, inputs.timestamp]));
  const checks = [
    ...set.members.filter(({ bucket }) => !undone.has(bucket)).map(({ bucket }) => leftOut(bucket)),
    ...set.pairs.filter(({ source }) => undone.has(source)).map((pair) => staysBehind(pair, startOf)),
  ];
  const undo = buildSet(planned, { origin: 'undo', pairs, checks, now: new Date() });
  await writeSet(folder, undo, plans);
  return { undo, plans };
}

function leftOut(bucket: string): SetCheck {
  return {
    code: 'MEMBER_NOT_RUN',
    level: 'info',
    message: `'${bucket}' is not in this undo: its member was never started.`,
    hint: 'nothing to do',
  };
}

/** Removing a delete marker is not replicated, so those that came over from the source stay in the replica. */
function staysBehind({ source, destination }: ReplicationPair, startOf: Map<string, string>): SetCheck {
  // The second before, for a point in time is inclusive and the run may have begun its work within that second.
  const before = formatInstant(new Date(Date.parse(startOf.get(source) ?? '') - 1000));
  return {
    code: 'REPLICATION_UNDO_PARTIAL',
    level: 'warning',
    message: `Delete markers that the run added in '${source}' and that were replicated to '${destination}' stay there: their removal is not replicated.`,
    hint: `before this undo, run the plan of: npm run --silent s3-rewind -- plan --list --bucket ${destination} --timestamp ${before} --scenarios 2 --out FOLDER`,
  };
}
