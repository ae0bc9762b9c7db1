import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { type PlanRecord, parseRecordText, readRecord, readRecordText } from '../execute/record.ts';
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
  const path = join(folder, SET_FILE);
  const set = parseRecordText(path, await readRecordText(path), {
    schema: setSchema,
    what: 'a set of plans',
  });
  const digest = setDigest(set);
  if (digest !== set.digest) throw changed(`${path} says it is ${set.digest}; its content is ${digest}.`);
  if (setIdOf(set.members) !== set.setId) throw changed(`${path} has an ID that is not that of its members.`);
  const members: SetRecord['members'] = [];
  for (const [index, member] of set.members.entries()) {
    if (member.order !== index + 1 || member.folder !== memberFolder(member.order, member.bucket)) {
      throw changed(`${path} names the member ${index + 1} otherwise than its order and bucket do.`);
    }
    const name = join(folder, member.folder);
    const record = await readRecord(name);
    const { plan } = record;
    if (
      plan.digest !== member.digest ||
      plan.rollbackId !== member.rollbackId ||
      plan.inputs.bucket !== member.bucket
    ) {
      throw changed(`${name} is the plan ${plan.digest}; the set names ${member.digest}.`);
    }
    members.push({ member, record });
  }
  return { folder, set, members };
}

function changed(fact: string): RunbookError {
  return new RunbookError('RECORD_CHANGED', fact, {
    hint: 'what was reviewed is what runs, or nothing runs: put the file back, or plan again',
  });
}
