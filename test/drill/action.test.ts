import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { describeDrill } from '../../src/actions/drill.ts';
import { readTrend } from '../../src/drill/trend.ts';
import { runLoneStep } from '../actions/run-entry.ts';
import { scratchFolder } from '../cli/scratch-folder.ts';
import { clientOf } from '../sandbox/client.ts';
import { drillOf } from './drills.ts';

/** The action `drill`, run as its step runs it, and what it says of drills before it. */

const HOSTILE = '@all <!-- | ` $(id)/';
const folder = scratchFolder();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.createBucket('data', { versioning: 'Enabled' });
  const client = clientOf(sandbox);
  await client.send(new PutObjectCommand({ Bucket: 'data', Key: `${HOSTILE}x`, Body: 'x' }));
  client.destroy();
});
afterAll(() => sandbox.stop());

const runStep = (inputs: Record<string, string>) =>
  runLoneStep(
    'drill',
    { folder, endpoint: sandbox.endpoint },
    { INPUT_HISTORY: join(folder, 'history'), INPUT_LIST: 'true', ...inputs },
  );

test('a plan of a bucket in use', async () => {
  const { status, output, summary } = await runStep({ INPUT_BUCKET: 'data', INPUT_PREFIX: HOSTILE });
  expect(status, output + summary).toBe(0);
  expect(output).toMatch(/^decision<<.*\ndone$/m);
  expect(summary).toMatch(/^### Drill: passed\n[\s\S]*Plan of data as it was at/);
  expect(summary).toContain('The last 1 drills like this one, 0 of them failed');
  expect(summary).not.toMatch(/(?<!`)@all|<!--/);
});

test('a drill that does not pass fails the step, and says where', async () => {
  const { status, output, summary } = await runStep({ INPUT_BUCKET: 'not-there' });
  expect(status).toBe(3);
  expect(output).toMatch(/^reason-code<<.*\nBUCKET_NOT_FOUND$/m);
  expect(output).toMatch(/^decision<<.*\nincomplete$/m);
  expect(summary).toMatch(/^### Drill: failed\n[\s\S]*BUCKET\\_NOT\\_FOUND/);
});

test('the summary shows the trend, what failed and what got slower', () => {
  const drills = [drillOf(10), drillOf(null), drillOf(10), drillOf(10), drillOf(20)];
  const drill = drills.at(-1) ?? drillOf(1);
  const trend = readTrend(drill, drills.slice(0, -1));
  const summary = describeDrill({ history: 'h', unreadable: 2, drill, trend });
  expect(summary).toMatch(/^\| time to roll back \| ▅·▅▅█ \| 20 s \| 10 s \| slower \|$/m);
  expect(summary).toMatch(/^\| time to plan \| █·███ \| 2 s \| 2 s \| {2}\|$/m);
  expect(summary).toContain('The last 5 drills like this one, 1 of them failed');
  expect(summary.match(/\| passed \|/g)).toHaveLength(4);
  expect(summary).toMatch(/\| failed: DRILL\\_FAILED \| – \|/);
  expect(summary).toContain('2 files of the history');
});
