import process from 'node:process';
import { inventoriesOf } from '../set/members.ts';
import { readSet } from '../set/set-record.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { compareRecord, verifySummary } from './run-verify.ts';
import { inMember, memberOptions } from './set-member.ts';
import { writeJson, writeOut } from './terminal.ts';
import type { VerifyCommandOptions } from './verify.ts';

/** The `verify` command for a set: every member, also where an earlier one differs. */
export async function runVerifySet(options: VerifyCommandOptions): Promise<void> {
  const { set, members } = await readSet(options.record);
  const buckets = set.members.map(({ bucket }) => bucket);
  const fresh = inventoriesOf(options.inventory, buckets);
  const before = inventoriesOf(options.planInventory, buckets);
  const { inventory: _fresh, planInventory: _before, ...rest } = options;
  const compared = [];
  for (const { member, record } of members) {
    const inventory = fresh?.get(member.bucket);
    const planInventory = before?.get(member.bucket);
    const own = {
      ...memberOptions(rest, member),
      ...(inventory !== undefined && { inventory }),
      ...(planInventory !== undefined && { planInventory }),
    };
    const found = await inMember(member.bucket, () => compareRecord(record, own));
    compared.push({ bucket: member.bucket, record, ...found });
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
      members: compared.map(({ bucket, record, agrees: own, verification, state }) => ({
        bucket,
        record: record.name,
        rollbackId: record.plan.rollbackId,
        planDigest: record.plan.digest,
        agrees: own,
        ...verification,
        state,
      })),
    });
  } else {
    const texts = compared.map(
      ({ bucket, verification, state }) => `${bucket}\n${verifySummary(verification, state)}\n`,
    );
    const differing = compared.filter((one) => !one.agrees).map(({ bucket }) => bucket);
    const verdict = agrees ? 'All members agree.' : `These differ: ${differing.join(', ')}.`;
    writeOut([...texts, verdict].join('\n'));
  }
  if (!agrees) process.exitCode = EXIT_ROWS_LEFT;
}
