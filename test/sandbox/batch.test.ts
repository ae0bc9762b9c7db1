import {
  CreateJobCommand,
  type CreateJobCommandInput,
  DescribeJobCommand,
  ListJobsCommand,
  type S3ControlClient,
} from '@aws-sdk/client-s3-control';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { controlClientOf, FUNCTION_ARN, type JobStage, openJobStage } from '../batch/job-stage.ts';

const AccountId = '123456789012';

let stage: JobStage;
let client: S3ControlClient;

beforeEach(async () => {
  stage = await openJobStage();
  client = controlClientOf(stage);
});
afterEach(async () => {
  client.destroy();
  await stage.end();
});

function answering(resultCode: string | ((key: string) => string)) {
  stage.batch.registerFunction(FUNCTION_ARN, async (event) => {
    const { invocationSchemaVersion, invocationId, tasks } = event as {
      invocationSchemaVersion: string;
      invocationId: string;
      tasks: { taskId: string; s3Key: string }[];
    };
    const results = tasks.map(({ taskId, s3Key }) => ({
      taskId,
      resultCode: typeof resultCode === 'string' ? resultCode : resultCode(s3Key),
      resultString: `"${s3Key}", said`,
    }));
    return { invocationSchemaVersion, invocationId, results };
  });
}

function inputOf(body: string, change: Partial<CreateJobCommandInput> = {}): CreateJobCommandInput {
  const { versionId, eTag } = stage.recordBucket.put('list.csv', { body });
  return {
    AccountId,
    ConfirmationRequired: false,
    ClientRequestToken: 'token',
    Priority: 1,
    RoleArn: 'arn:aws:iam::123456789012:role/batch',
    Operation: { LambdaInvoke: { FunctionArn: FUNCTION_ARN, InvocationSchemaVersion: '2.0' } },
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
      Location: { ObjectArn: 'arn:aws:s3:::record/list.csv', ETag: eTag, ObjectVersionId: versionId },
    },
    Report: {
      Enabled: true,
      Bucket: 'arn:aws:s3:::record',
      Prefix: 'reports',
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
    ...change,
  };
}

async function runToEnd(input: CreateJobCommandInput) {
  const { JobId } = await client.send(new CreateJobCommand(input));
  await stage.batch.settle();
  return (await client.send(new DescribeJobCommand({ AccountId, JobId }))).Job;
}

const rows = (count: number) => Array.from({ length: count }, (_, index) => `data,key%20${index}\n`).join('');

describe('jobs', () => {
  test('run without confirmation where none was asked for, and report in the documented columns', async () => {
    answering((key) => (key === 'key%201' ? 'PermanentFailure' : 'Succeeded'));
    const job = await runToEnd(inputOf(rows(3)));
    expect(job).toMatchObject({ Status: 'Complete', ProgressSummary: { NumberOfTasksFailed: 1 } });
    const report = JSON.parse(
      stage.recordBucket
        .stack(`reports/job-${job?.JobId}/manifest.json`)
        .map((entry) => (entry.isDeleteMarker ? '' : entry.content.bytes?.toString('utf8')))[0] ?? '',
    );
    expect(report.ReportSchema).toBe(
      'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
    );
    expect(report.Results.map((file: { TaskExecutionStatus: string }) => file.TaskExecutionStatus)).toEqual([
      'succeeded',
      'failed',
    ]);
    const failed = stage.recordBucket.current(report.Results[1].Key);
    expect(failed?.isDeleteMarker === false && failed.content.bytes?.toString('utf8')).toBe(
      'data,key%201,,failed,200,PermanentFailure,"""key%201"", said"\n',
    );
  });

  test('a token makes one job; with another request it is refused', async () => {
    answering('Succeeded');
    const input = inputOf(rows(1));
    const first = await client.send(new CreateJobCommand(input));
    expect((await client.send(new CreateJobCommand(input))).JobId).toBe(first.JobId);
    await expect(client.send(new CreateJobCommand({ ...input, Priority: 2 }))).rejects.toMatchObject({
      name: 'IdempotencyException',
    });
  });

  test('temporary failures are delivered again, and fail in the end', async () => {
    let deliveries = 0;
    answering(() => {
      deliveries += 1;
      return 'TemporaryFailure';
    });
    const job = await runToEnd(inputOf(rows(1)));
    expect(deliveries).toBe(1 + stage.batch.settings.redeliveries);
    expect(job).toMatchObject({ Status: 'Complete', ProgressSummary: { NumberOfTasksFailed: 1 } });
  });

  test.each([
    ['more than half of 1,000 fail', 1_500, 'Failed'],
    ['fewer than 1,000 ran', 900, 'Complete'],
  ])('%s: %s rows end %s', async (_name, count, status) => {
    answering('PermanentFailure');
    const job = await runToEnd(inputOf(rows(count)));
    expect(job?.Status).toBe(status);
    if (status === 'Failed') expect(job?.ProgressSummary?.NumberOfTasksFailed).toBeLessThan(1_100);
  });

  test.each([
    ['a row with too many fields', 'data,key,extra\n'],
    ['nothing', '\n'],
    ['a key of more than 1,024 characters', `data,${'x'.repeat(1_025)}\n`],
  ])('a manifest with %s fails the preparation', async (_name, body) => {
    const job = await runToEnd(inputOf(body));
    expect(job?.Status).toBe('Failed');
    expect(job?.FailureReasons?.[0]?.FailureReason).toMatch(/row|Row/);
  });

  test('are listed by status, page by page, and can be tagged and ranked', async () => {
    answering('Succeeded');
    for (const token of ['a', 'b', 'c']) await runToEnd(inputOf(rows(1), { ClientRequestToken: token }));
    const suspended = await runToEnd(
      inputOf(rows(1), { ClientRequestToken: 'd', ConfirmationRequired: true, Description: 'waits' }),
    );
    const page = await client.send(new ListJobsCommand({ AccountId, MaxResults: 2 }));
    expect(page.Jobs).toHaveLength(2);
    expect(page.NextToken).toBeDefined();
    const waiting: string[] = [];
    for await (const job of stage.jobs.listJobs(['Suspended', 'Active'])) waiting.push(job.description);
    expect(waiting).toEqual(['waits']);
    const id = suspended?.JobId ?? '';
    await stage.jobs.tagJob(id, [{ key: 'a', value: 'b' }]);
    expect(await stage.jobs.readTags(id)).toEqual([{ key: 'a', value: 'b' }]);
    await stage.jobs.setPriority(id, 77);
    expect((await stage.jobs.describeJob(id)).priority).toBe(77);
  });

  test('that are not confirmed expire, and all are forgotten 90 days after their end', async () => {
    const job = await runToEnd(inputOf(rows(1), { ConfirmationRequired: true }));
    const id = job?.JobId ?? '';
    stage.sandbox.clock.advance(31 * 86_400);
    expect((await stage.jobs.describeJob(id)).status).toBe('Failed');
    stage.sandbox.clock.advance(91 * 86_400);
    await expect(stage.jobs.describeJob(id)).rejects.toMatchObject({ failure: 'not-found' });
  });

  test('cannot leave a status that does not allow it', async () => {
    answering('Succeeded');
    const job = await runToEnd(inputOf(rows(1)));
    await expect(stage.jobs.confirmJob(job?.JobId ?? '', 'x')).rejects.toMatchObject({
      code: 'JobStatusException',
    });
  });
});
