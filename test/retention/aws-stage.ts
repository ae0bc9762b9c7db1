import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { BatchOperations } from '../../sandbox/batch/batch-operations.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import { CloudFormation } from '../../sandbox/cloudformation/cloud-formation.ts';
import { openDeploySite } from '../../src/cli/deploy-site.ts';
import { findPreviousRun } from '../../src/cli/previous-run.ts';
import type { DeploySite } from '../../src/deploy/site.ts';
import type { RecordPlace } from '../../src/execute/batch/record-place.ts';
import { deployRetention } from '../../src/retention/deploy-retention.ts';
import { publishRetention } from '../../src/retention/remote-record.ts';
import type { RetentionRecord } from '../../src/retention/retention-record.ts';
import { renderRetentionTemplate } from '../../src/retention/retention-template.ts';
import type { RetentionOutcome } from '../../src/retention/run-files.ts';
import { runOnBatch } from '../../src/retention/run-on-batch.ts';
import type { RetentionSettings } from '../../src/retention/settings.ts';
import { openStage, planNow, type Stage, settingsOf } from './stage.ts';

export const RECORDS = 'records';
export const SERVICE_ROLE = 'arn:aws:iam::123456789012:role/s3-rewind/bootstrap/s3-rewind-ServiceRole';
export const BOUNDARY = 'arn:aws:iam::123456789012:policy/s3-rewind/bootstrap/s3-rewind-Boundary';

/** An account on loopback with a bucket under Object Lock: what the commands do, without their processes. */
export type Aws = Stage & {
  batch: BatchOperations;
  cloudFormation: CloudFormation;
  records: Bucket;
  site: DeploySite;
  plan(settings?: RetentionSettings, options?: { latest: boolean }): Promise<AwsRecord>;
  deploy(record: AwsRecord): Promise<unknown>;
  start(record: AwsRecord, startedBy: 'review' | 'unattended'): Promise<RetentionOutcome>;
  /** The tag of the approval of every role. */
  approvals(): (string | null)[];
  textOf(record: AwsRecord, path: string): string | null;
};
export type AwsRecord = RetentionRecord & { place: RecordPlace };

export const SETTINGS = settingsOf({}, { budgetTasks: 50 });

export async function openAws(seed?: number): Promise<Aws> {
  process.env.AWS_ACCESS_KEY_ID ??= 'AKIASANDBOX';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';
  const stage = await openStage(seed);
  const batch = new BatchOperations(stage.sandbox);
  batch.settings.stepMs = 0;
  const cloudFormation = new CloudFormation(stage.sandbox, batch);
  cloudFormation.stepMs = 0;
  const records = stage.sandbox.createBucket(RECORDS, { versioning: 'Enabled' });
  const endpoint = { endpointUrl: stage.sandbox.endpoint, region: 'us-east-1', forcePathStyle: true };
  const account = { partition: 'aws', account: '123456789012' };
  const site = { ...openDeploySite(endpoint, account, () => {}), pause: nextTurn, intervalMs: 0 };
  const setting = {
    ...{ boundaryArn: BOUNDARY, serviceRoleArn: SERVICE_ROLE, region: 'us-east-1', repository: 'o/r' },
    ...{ runId: '1', expires: '', reservedConcurrency: null },
  };
  return {
    ...stage,
    ...{ batch, cloudFormation, records, site },
    async plan(settings = SETTINGS, { latest } = { latest: false }) {
      const found = latest
        ? await findPreviousRun({ previous: 'latest', recordBucket: RECORDS }, settings, site)
        : null;
      const template = await renderRetentionTemplate(settings);
      const record = await planNow(stage, settings, { template, found });
      const place = { bucket: RECORDS, prefix: `${record.plan.retentionId}/` };
      await publishRetention(site, place, record);
      return { ...record, place };
    },
    deploy: ({ place }) => deployRetention(site, place, setting),
    async start({ place }, startedBy) {
      const workFolder = await mkdtemp(join(stage.folder, 'work-'));
      return await runOnBatch({
        ...{
          site,
          calls: stage.calls,
          place,
          workFolder,
          startedBy,
          approval: { reason: 'a test', tags: [] },
          tags: [],
        },
        isStopped: () => false,
      });
    },
    approvals: () =>
      [...cloudFormation.roles.byName.values()].map(({ tags }) => tags.get('s3-rewind:approved') ?? null),
    textOf({ place }, path) {
      const found = records.current(`${place.prefix}${path}`);
      if (found === undefined || found.isDeleteMarker) return null;
      return found.content.bytes?.toString('utf8') ?? '';
    },
    async end() {
      await cloudFormation.settle();
      await batch.stop();
      await stage.end();
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
