import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RetentionRecord } from '../../src/retention/retention-record.ts';
import { runCommand } from '../cli/run-command.ts';
import { type Aws, openAws, RECORDS, SETTINGS } from './aws-stage.ts';
import { DAY_MS, planNow, run } from './stage.ts';

let aws: Aws;
beforeEach(async () => {
  aws = await openAws();
});
afterEach(() => aws.end());

const advance = (days: number) => aws.sandbox.clock.advance((days * DAY_MS) / 1000);
const report = (...args: string[]) => runCommand('retention-report', '--bucket', 'locked', ...args);

test('a year of runs, from folders: what was due, what is left, and who came late', async () => {
  const records: RetentionRecord[] = [];
  const next = async (key: string) => {
    aws.bucket.put(key);
    records.push(await planNow(aws, SETTINGS));
    return records.at(-1);
  };
  const first = await next('a');
  if (first !== undefined) await run(aws, first);
  advance(7);
  const second = await next('b');
  aws.bucket.put('b');
  if (second !== undefined) await run(aws, second);
  advance(20);
  const third = await next('c');
  if (third !== undefined) await run(aws, third);
  advance(7);
  await next('never run');
  advance(400);
  await next('another year');
  const folders = records.map(({ folder }) => folder);
  const csv = join(aws.folder, 'report.csv');
  const { status, stdout } = await report('--year', '2026', '--records', ...folders, '--csv', csv, '--json');
  const found = JSON.parse(stdout);
  expect(status).toBe(3);
  expect(
    found.lines.map((line: { due: number; fulfilled: number; left: number }) => [
      line.due,
      line.fulfilled,
      line.left,
    ]),
  ).toEqual([
    [1, 1, 0],
    // It was replaced before the run.
    [1, 0, 1],
    [3, 3, 0],
    [1, 0, 1],
  ]);
  expect(found).toMatchObject({ due: 6, fulfilled: 4, left: 2, runsWithoutDefault: 4 });
  expect(found.gaps).toEqual([
    { from: '2026-01-12T03:00:00Z', until: '2026-02-01T03:00:00Z', days: 20, intervalDays: 7 },
  ]);
  const rows = (await readFile(csv, 'utf8')).trimEnd().split('\n');
  expect(rows).toHaveLength(5);
  expect(rows[0]).toMatch(/^record,retention_id,planned_at,/);
  const text = await report('--year', '2026', '--records', ...folders);
  expect(text.stdout).toContain('locked in 2026: 4 runs, 6 versions due, 4 locked, 2 left');
  expect(text.stdout).toContain('Late: 20 days');
  // An earlier report is never written over.
  expect((await report('--year', '2026', '--records', ...folders, '--csv', csv)).status).not.toBe(0);
});

test('from the record bucket, each record proved', async () => {
  aws.bucket.put('a');
  const record = await aws.plan();
  await aws.deploy(record);
  await aws.start(record, 'review');
  const place = [
    '--record-bucket',
    RECORDS,
    '--endpoint-url',
    aws.sandbox.endpoint,
    '--region',
    'us-east-1',
    '--force-path-style',
  ];
  const { status, stdout } = await report('--year', '2026', ...place);
  expect(status).toBe(0);
  expect(stdout).toContain('1 runs, 1 versions due, 1 locked, 0 left');
  const key = `${record.place.prefix}retention.json`;
  aws.records.put(key, {
    body: (aws.textOf(record, 'retention.json') ?? '').replace('"reportOnly":false', '"reportOnly":true'),
  });
  const changed = await report('--year', '2026', ...place);
  expect([changed.status, changed.stderr.split(':')[0]]).toEqual([2, 'RECORD_CHANGED']);
});

test.each([
  [['--year', '26', '--records', 'x']],
  [['--year', '2026']],
  [['--year', '2026', '--records', 'x', '--record-bucket', 'records']],
])('%j is refused', async (args) => {
  const { status, stderr } = await report(...args);
  expect([status, stderr.split(':')[0]]).toEqual([2, 'INVALID_OPTION']);
});
