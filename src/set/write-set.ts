import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { readTemplate } from '../render/handlebars.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { renderSetComment } from './set-comment.ts';
import {
  memberFolder,
  type ReplicationPair,
  type RollbackSet,
  type SetCheck,
  setDigest,
  setIdOf,
} from './set-file.ts';
import { SET_FILE } from './set-record.ts';

/** A plan on its way into a set. */
export type PlannedMember = { plan: RollbackPlan; region: string | null };

/**
 * Binds plans into a set.
 * @param planned in the order in which they are to run
 */
export function buildSet(
  planned: readonly PlannedMember[],
  options: { origin: RollbackSet['origin']; pairs: ReplicationPair[]; checks: SetCheck[]; now: Date },
): RollbackSet {
  const { origin, pairs, checks, now } = options;
  const members = planned.map(({ plan, region }, index) => ({
    order: index + 1,
    bucket: plan.inputs.bucket,
    region,
    folder: memberFolder(index + 1, plan.inputs.bucket),
    rollbackId: plan.rollbackId,
    digest: plan.digest,
    replicaOf: pairs
      .filter(({ destination }) => destination === plan.inputs.bucket)
      .map(({ source }) => source),
  }));
  const covered = { schemaVersion: 1 as const, setId: setIdOf(members), origin, members, pairs };
  return { ...covered, digest: setDigest(covered), createdAt: formatInstant(now), checks };
}

/** Writes set.json and comment.md of a set whose members are there. */
export async function writeSet(
  folder: string,
  set: RollbackSet,
  plans: readonly RollbackPlan[],
): Promise<void> {
  await writeFile(join(folder, SET_FILE), `${JSON.stringify(set, null, 2)}\n`);
  const template = await readTemplate(new URL('../../templates/set.md.hbs', import.meta.url));
  await writeFile(join(folder, 'comment.md'), renderSetComment(set, plans, { template }));
}
