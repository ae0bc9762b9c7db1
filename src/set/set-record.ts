import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import {
  type PlanRecord,
  parseRecordText,
  provePlan,
  readRecord,
  readRecordText,
} from '../execute/record.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { memberFolder, type RollbackSet, type SetMember, setDigest, setIdOf, setSchema } from './set-file.ts';

export const SET_FILE = 'set.json';

/** A set on disk, each of its members proved. */
export type SetRecord = {
  folder: string;
  set: RollbackSet;
  members: { member: SetMember; record: PlanRecord }[];
};

/** Whether a folder holds a set, not one plan. */
export async function isSetRecord(folder: string): Promise<boolean> {
  return await stat(join(folder, SET_FILE)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * Reads a set and proves that it is what its digest names: the order and the members by the recomputed digest, each
 * member as the record that it is, by the digest that the set gives it.
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED, RECORD_FOREIGN_BUCKET
 */
export async function readSet(folder: string): Promise<SetRecord> {
  const set = await readSetFile(folder);
  const members: SetRecord['members'] = [];
  for (const member of set.members) {
    const record = await readRecord(join(folder, member.folder));
    assertMember(member, record.plan, record.name);
    members.push({ member, record });
  }
  return { folder, set, members };
}

/**
 * Reads a set with the plans of its members, each proved by its digest. Manifests are not looked at: Athena leaves the
 * large ones in the record bucket alone.
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED
 */
export async function readSetPlans(folder: string): Promise<{ set: RollbackSet; plans: RollbackPlan[] }> {
  const set = await readSetFile(folder);
  const plans: RollbackPlan[] = [];
  for (const member of set.members) {
    const path = join(folder, member.folder, 'plan.json');
    const plan = provePlan(path, await readRecordText(path));
    assertMember(member, plan, path);
    plans.push(plan);
  }
  return { set, plans };
}

async function readSetFile(folder: string): Promise<RollbackSet> {
  const path = join(folder, SET_FILE);
  return proveSet(path, await readRecordText(path));
}

/**
 * Reads the text of a set and proves that it is what its digest names, and that nobody renamed a member.
 * @param path for messages
 * @throws RunbookError RECORD_CHANGED
 */
export function proveSet(path: string, text: string): RollbackSet {
  const set = parseRecordText(path, text, { schema: setSchema, what: 'a set of plans' });
  const digest = setDigest(set);
  if (digest !== set.digest) throw changed(`${path} says it is ${set.digest}; its content is ${digest}.`);
  if (setIdOf(set.members) !== set.setId) throw changed(`${path} has an ID that is not that of its members.`);
  for (const [index, member] of set.members.entries()) {
    if (member.order !== index + 1 || member.folder !== memberFolder(member.order, member.bucket)) {
      throw changed(`${path} names the member ${index + 1} otherwise than its order and bucket do.`);
    }
  }
  return set;
}

/**
 * Holds a plan that is sound by itself against the set.
 * @throws RunbookError RECORD_CHANGED
 */
export function assertMember(member: SetMember, plan: RollbackPlan, name: string): void {
  const { digest, rollbackId, inputs } = plan;
  if (digest === member.digest && rollbackId === member.rollbackId && inputs.bucket === member.bucket) return;
  throw changed(`${name} is the plan ${digest}; the set names ${member.digest}.`);
}

export function changed(fact: string): RunbookError {
  return new RunbookError('RECORD_CHANGED', fact, {
    hint: 'what was reviewed is what runs, or nothing runs: put the file back, or plan again',
  });
}
