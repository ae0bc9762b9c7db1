import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GlueCatalog } from '../../sandbox/athena/glue.ts';
import { BatchOperations } from '../../sandbox/batch/batch-operations.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import { CloudFormation } from '../../sandbox/cloudformation/cloud-formation.ts';
import { type CommandResult, startCommand } from '../execute/command.ts';
import { AFTER_P, BEFORE_P, inventoryOf, openStage, P, RUN_TIME, type Stage } from '../execute/harness.ts';
import { runCommand } from '../execute/run-command.ts';

export const RECORDS = 'records';
export const BOUNDARY = 'arn:aws:iam::123456789012:policy/s3-rewind/bootstrap/s3-rewind-Boundary';
export const SERVICE_ROLE = 'arn:aws:iam::123456789012:role/s3-rewind/bootstrap/s3-rewind-ServiceRole';

/** An account on loopback: S3, S3 Batch Operations, Lambda, CloudFormation, Glue and IAM, as far as the commands need them. */
export type Account = Stage & {
  batch: BatchOperations;
  cloudFormation: CloudFormation;
  glue: GlueCatalog;
  records: Bucket;
  command(...args: string[]): Promise<CommandResult>;
  start(...args: string[]): ReturnType<typeof startCommand>;
  /** Plans from the bucket as it is and deploys. @returns where the record is */
  plan(...options: string[]): Promise<{ folder: string }>;
  deploy(record: string, ...options: string[]): Promise<CommandResult>;
  startJobs(record: string, ...options: string[]): Promise<CommandResult>;
};

export async function openAccount(): Promise<Account> {
  const stage = await openStage();
  const batch = new BatchOperations(stage.sandbox);
  const cloudFormation = new CloudFormation(stage.sandbox, batch);
  const glue = new GlueCatalog();
  stage.sandbox.routes.push(...glue.routes());
  const records = stage.sandbox.createBucket(RECORDS, { versioning: 'Enabled' });
  const command = (...args: string[]) => runCommand(stage.sandbox, args);
  let plans = 0;
  return {
    ...stage,
    ...{ batch, cloudFormation, glue, records, command },
    start: (...args) => startCommand(stage.sandbox, args),
    async plan(...options) {
      plans += 1;
      const inventory = join(stage.folder, `inventory-${plans}.csv`);
      const folder = join(stage.folder, `plan-${plans}`);
      await writeFile(inventory, inventoryOf(stage.bucket));
      const { status, stderr } = await command(
        'plan',
        ...[
          '--inventory',
          inventory,
          '--bucket',
          stage.bucket.name,
          '--timestamp',
          P,
          '--out',
          folder,
          '--quiet',
        ],
        ...options,
      );
      if (status !== 0) throw new Error(stderr);
      return { folder };
    },
    deploy: (record, ...options) =>
      command(
        ...['deploy', '--record', record, '--boundary-arn', BOUNDARY, '--service-role-arn', SERVICE_ROLE],
        ...['--poll-seconds', '0.05', '--quiet', '--json'],
        ...(record.startsWith('s3:') ? [] : ['--record-bucket', RECORDS]),
        ...options,
      ),
    startJobs: (record, ...options) =>
      command('start-jobs', '--record', record, '--poll-seconds', '0.05', '--quiet', '--json', ...options),
    async end() {
      await cloudFormation.settle();
      await batch.stop();
      await stage.end();
    },
  };
}

/** Deleted keys, overwritten keys and new keys, all after the point in time. */
export function incident({ sandbox, bucket }: Stage, keys = 10): void {
  for (let number = 0; number < keys; number += 1) {
    sandbox.clock.set(BEFORE_P);
    bucket.put(`deleted/${number}`, { body: `deleted ${number}` });
    bucket.put(`overwritten/${number}`, { body: `good ${number}` });
    sandbox.clock.set(AFTER_P);
    bucket.addDeleteMarker(`deleted/${number}`);
    bucket.put(`overwritten/${number}`, { body: 'bad' });
    bucket.put(`new/${number}`, { body: 'new' });
  }
  sandbox.clock.set(RUN_TIME);
}

/** What a reader of the bucket sees. */
export function contentOf({ bucket }: Stage): Record<string, string> {
  const content: Record<string, string> = {};
  for (const [key] of bucket.stacks.from(() => true)) {
    const current = bucket.current(key);
    if (current !== undefined && !current.isDeleteMarker) content[key] = current.content.identity;
  }
  return content;
}
