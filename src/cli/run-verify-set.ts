import process from 'node:process';
import { inventoriesOf } from '../set/members.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { openSet } from './open-set.ts';
import { compareRecord } from './run-verify.ts';
import { inMember, memberOptions } from './set-member.ts';
import { type ComparedMember, verifySetSummary } from './set-verify-summary.ts';
import { writeJson, writeOut } from './terminal.ts';
import type { VerifyCommandOptions } from './verify.ts';

/** The `verify` command for a set: every member, also where an earlier one differs. */
export async function runVerifySet(options: VerifyCommandOptions): Promise<void> {
  const { set, members } = await openSet(options.record, options);
  const buckets = set.members.map(({ bucket }) => bucket);
  const fresh = inventoriesOf(options.inventory, buckets);
  const before = inventoriesOf(options.planInventory, buckets);
  const { inventory: _fresh, planInventory: _before, ...rest } = options;
  const compared: ComparedMember[] = [];
  for (const { member, plan, record, open } of members) {
    const inventory = fresh?.get(member.bucket);
    const planInventory = before?.get(member.bucket);
    const own = {
      ...memberOptions(rest, member),
      ...(inventory !== undefined && { inventory }),
      ...(planInventory !== undefined && { planInventory }),
    };
    const opened = await open();
    try {
      const found = await inMember(member.bucket, () => compareRecord(opened.record, own));
      compared.push({ bucket: member.bucket, plan, record, ...found });
    } finally {
      await opened.end();
    }
  }
  const agrees = compared.every((one) => one.agrees);
  if (options.json) {
    const { setId, digest: setDigest } = set;
    writeJson({
      command: 'verify',
      record: options.record,
      setId,
      setDigest,
      agrees,
      members: compared.map(({ bucket, record, plan, agrees: own, verification, state }) => ({
        bucket,
        record,
        rollbackId: plan.rollbackId,
        planDigest: plan.digest,
        agrees: own,
        ...verification,
        state,
      })),
    });
  } else {
    writeOut(verifySetSummary(compared));
  }
  if (!agrees) process.exitCode = EXIT_ROWS_LEFT;
}
