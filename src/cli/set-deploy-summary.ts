import Table from 'cli-table3';
import { type DeployedJob, jobName } from '../deploy/jobs-file.ts';
import { printable } from '../s3/printable.ts';
import type { Scenario } from '../s3/rollback.ts';
import type { RollbackSet } from '../set/set-file.ts';

/** What was made for a member; nothing where it has nothing to change. */
export type DeployedMember = {
  bucket: string;
  record: string;
  rollbackId: string;
  stackId: string | null;
  jobs: DeployedJob[];
  outputs: Readonly<Record<string, string>>;
  renewed: Scenario[];
};

/** What `deploy` prints for a person of a set. */
export function deploySetSummary(
  set: RollbackSet,
  deployed: readonly DeployedMember[],
  record: string,
): string {
  const table = new Table({
    head: ['', 'Bucket', 'Scenario', 'Job', 'Attempt'],
    colAligns: ['right', 'left', 'left', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const [index, { bucket, jobs }] of deployed.entries()) {
    if (jobs.length === 0) table.push([String(index + 1), bucket, 'nothing to change', '', '']);
    for (const [place, job] of jobs.entries()) {
      const name = place === 0 ? [String(index + 1), bucket] : ['', ''];
      table.push([...name, jobName(job), job.id, String(job.attempt)]);
    }
  }
  const keys = deployed.flatMap(({ bucket, outputs }) =>
    outputs.KmsKeyPolicyStatement === undefined
      ? []
      : [
          `Where objects of ${bucket} are encrypted with KMS keys, their policies need:\n${outputs.KmsKeyPolicyStatement}`,
        ],
  );
  return [
    `Deployed ${set.setId} (${set.digest})`,
    table.toString(),
    ...deployed.flatMap(({ bucket, renewed }) =>
      renewed.map(
        (scenario) => `${bucket}: the job of scenario ${scenario} was gone and has been made again.`,
      ),
    ),
    ...keys,
    'Nothing has changed yet: the jobs wait, and their roles cannot write before an approval.',
    `Next: npm run --silent s3-rewind -- start-jobs --record ${printable(record)} --approval approval.json`,
  ].join('\n');
}
