import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseReportManifest, readCompletionReport } from '../../src/execute/batch/completion-report.ts';
import { jobToken, lambdaJobRequest } from '../../src/execute/batch/job-request.ts';
import { reconcileReport } from '../../src/execute/batch/reconcile.ts';
import { formatTaskKey, parseTaskKey } from '../../src/execute/batch/task-key.ts';
import { splitAt, splitsOf } from '../../src/execute/split.ts';
import { S3CallError } from '../../src/s3/call-error.ts';
import { collect, noPause } from './job-stage.ts';

const REPORT = { bucket: 'r', prefix: 'p', jobId: '1' };

/** A report whose file of results arrives in pieces of some bytes. */
function callsOf(text: string, pieceBytes: number, md5 = createHash('md5').update(text).digest('hex')) {
  const manifest = {
    Format: 'Report_CSV_20180820',
    Results: [{ TaskExecutionStatus: 'succeeded', Bucket: 'r', Key: 'p/results/1.csv', MD5Checksum: md5 }],
  };
  const bytes = Buffer.from(text);
  return {
    async readObject({ key }: { key: string }) {
      if (key !== 'p/job-1/manifest.json') throw new S3CallError('NoSuchKey', key, { status: 404 });
      return { bytes: Buffer.from(JSON.stringify(manifest)), objectBytes: 1, versionId: null, eTag: '' };
    },
    async streamObject() {
      return (async function* () {
        for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
      })();
    },
  };
}

const read = (calls: ReturnType<typeof callsOf>) => collect(readCompletionReport(calls, REPORT, noPause));

describe('completion reports', () => {
  const text = [
    'b,a%20ü,,succeeded,200,,"{""done"":2}"',
    'b,c,v1,failed,200,PermanentFailure,"two\nlines, ""quoted"""',
    'b,d,,failed,403,AccessDenied,',
  ].join('\n');

  test.each([1, 2, 3, 7, 50, 1_000])('are read whole in pieces of %i bytes', async (pieceBytes) => {
    const rows = await read(callsOf(`${text}\n`, pieceBytes));
    expect(rows.map(({ key, succeeded }) => [key, succeeded])).toEqual([
      ['a%20ü', true],
      ['c', false],
      ['d', false],
    ]);
    expect(rows[0]?.message).toBe('{"done":2}');
    expect(rows[1]).toMatchObject({ versionId: 'v1', message: 'two\nlines, "quoted"' });
  });

  test('need no line break at the end', async () => {
    expect(await read(callsOf(text, 10))).toHaveLength(3);
  });

  test.each([
    ['another MD5', callsOf(text, 10, '0'.repeat(32))],
    ['a row that is none', callsOf('b,c\n', 10)],
    ['an unknown status', callsOf('b,c,,maybe,,,\n', 10)],
    ['a quote that never ends', callsOf('b,c,,failed,,,"x\n', 10)],
  ])('are refused with %s', async (_name, calls) => {
    await expect(read(calls)).rejects.toMatchObject({ code: 'REPORT_DAMAGED' });
  });

  test.each(['', '{', 'null', '{}', '{"Format":"Report_CSV_20180820","Results":[{}]}'])(
    'manifest %s',
    (json) => {
      expect(() => parseReportManifest(json, 'm')).toThrow(/report|file/);
    },
  );

  test('that are not there yet are told as such', async () => {
    const calls = callsOf('', 1);
    await expect(
      collect(readCompletionReport(calls, { ...REPORT, jobId: '2' }, noPause)),
    ).rejects.toMatchObject({ code: 'REPORT_MISSING' });
  });
});

describe('reconciliation', () => {
  const manifest = { bytes: 100_000, rows: 4_500 };
  const keyOf = (number: number) => formatTaskKey(splitAt(manifest, number));
  const rowOf = (key: string, succeeded = true, bucket = 'b') => ({
    bucket,
    key,
    versionId: '',
    succeeded,
    codes: ['200', ''] as [string, string],
    message: 'm',
  });
  async function* stream(rows: ReturnType<typeof rowOf>[]) {
    yield* rows;
  }

  test('tells what failed, what is missing and what does not belong', async () => {
    const rows = [
      rowOf(keyOf(0)),
      rowOf(keyOf(2), false),
      rowOf(keyOf(0)),
      rowOf('x'),
      rowOf(keyOf(3), true, 'other'),
      rowOf(keyOf(4)),
    ];
    const result = await reconcileReport(stream(rows), 'b', manifest);
    expect(result).toMatchObject({ succeeded: 2, failed: [{ split: { number: 2 } }] });
    expect(result.missing.map(({ number }) => number)).toEqual([1, 3]);
    expect(result.strangers).toEqual([keyOf(0), 'x', keyOf(3)]);
  });

  test('knows the splits of a later attempt', async () => {
    const result = await reconcileReport(stream([rowOf(keyOf(1)), rowOf(keyOf(2))]), 'b', manifest, [
      splitAt(manifest, 1),
    ]);
    expect(result).toMatchObject({ succeeded: 1, missing: [], strangers: [keyOf(2)] });
  });

  test('every split has a key of its own that is read back, with both decoders', () => {
    const large = { bytes: 150_000_000_000, rows: 1_000_000_000 };
    const last = splitAt(large, 999_999);
    expect(formatTaskKey(last).length).toBeLessThanOrEqual(1_024);
    expect(parseTaskKey(formatTaskKey(last), large)).toEqual(last);
    for (const split of splitsOf(manifest)) {
      expect(parseTaskKey(formatTaskKey(split), manifest)).toEqual(split);
      expect(
        parseTaskKey(JSON.stringify({ split: split.number, ...split, number: undefined }), manifest),
      ).toEqual(split);
    }
  });
});

describe('job requests', () => {
  const setting = {
    rollbackId: 'rb'.repeat(200),
    digest: `sha256:${'a'.repeat(64)}`,
    roleArn: 'arn',
    priority: 1,
    needsConfirmation: true,
    record: { bucket: 'r', prefix: 'rb/' },
    tags: [{ key: 'repository', value: `x<y>${'z'.repeat(300)}` }],
  };
  const task = {
    record: 's3://r/rb/',
    digest: setting.digest,
    scenario: '1',
    operation: 'add-delete-marker',
    bucket: 'data',
    writtenBucket: 'data',
    storageClass: 'STANDARD',
    kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1',
    manifest: { path: 'manifests/scenario1.csv', versionId: 'v', bytes: 1, rows: 1 },
    attempt: 2,
  } as const;

  test('stay within the limits of the API', () => {
    const request = lambdaJobRequest(setting, 'arn', task, { key: 'k', versionId: 'v', eTag: 'e' });
    expect(request.token).toMatch(/^[0-9a-f]{64}$/);
    expect(request.description.length).toBeLessThanOrEqual(256);
    for (const { value } of request.tags) expect(value).toMatch(/^[\w :/.@=+-]{0,256}$/);
    const { operation } = request;
    expect(operation.kind === 'lambda' && Object.keys(operation.userArguments).length).toBe(10);
  });

  test('the token is that of the job, whoever makes it', () => {
    const tokens = [
      jobToken('d', '1', 1, 'lambda'),
      jobToken('d', '2', 1, 'lambda'),
      jobToken('d', '1', 2, 'lambda'),
      jobToken('e', '1', 1, 'lambda'),
      jobToken('d', '1', 1, 'copy STANDARD'),
    ];
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(jobToken('d', '1', 1, 'lambda')).toBe(tokens[0]);
  });
});
