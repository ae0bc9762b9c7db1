import assert from 'node:assert/strict';
import { currentContents } from '../../demo/contents.ts';
import { BOOTSTRAPPED, type Case, play, RECORDS, type Stage, told } from './stage.ts';

/** The workflow drill: by hand with both halves, and then on schedule, with a trend. */

const BUCKET = 'in-use';
const SCRATCH = 's3-rewind-drill-123456789012-us-east-1';

export async function playDrill(one: Case, stage: Stage): Promise<void> {
  const { sandbox } = stage;
  sandbox.clock.set('2025-08-22T11:00:00Z');
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  for (const key of ['a', 'b']) bucket.put(key, { body: key });
  sandbox.clock.release();
  const before = currentContents(bucket);
  // Made by an earlier drill, so that nothing waits.
  const scratchBucket = sandbox.createBucket(SCRATCH, { versioning: 'Enabled' });
  const tag = '<Tag><Key>s3-rewind:drill</Key><Value>2025-01-01T00:00:00Z</Value></Tag>';
  scratchBucket.configurations.set('tagging', `<Tagging><TagSet>${tag}</TagSet></Tagging>`);

  const workflow = 'drill.yml';
  const inputs = { bucket: BUCKET, objects: '20' };
  const { end } = await play(one, stage, { workflow, variables: BOOTSTRAPPED, inputs });
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(bucket), before, 'a drill changed the bucket in use');
  assert.ok(scratchBucket.stacks.size > 0, 'nothing was tried in the scratch bucket');
  assert.equal(keptDrills(stage).length, 2, 'a file for each half');
  assert.match(end.log, /Rollback in the scratch bucket/);
  told('the drill planned the bucket in use and changed nothing of it; it rolled back in the scratch bucket');

  // 1,000 objects are in a test of their own: the schedule tries the half that needs no scratch bucket.
  const variables = { ...BOOTSTRAPPED, S3_REWIND_DRILL_ROLE: '', S3_REWIND_DRILL_BUCKET: BUCKET };
  const scheduled = await play(one, stage, { workflow, variables, inputs: null });
  assert.equal(scheduled.end.status, 0, scheduled.end.log);
  assert.equal(keptDrills(stage).length, 3);
  assert.match(scheduled.end.log, /The last 2 drills like this one, 0 of them failed/);
  assert.doesNotMatch(scheduled.end.log, /Rollback in the scratch bucket/);
  told('on schedule, with the trend in the summary');
}

function keptDrills({ sandbox }: Stage): string[] {
  const keys = [...sandbox.bucket(RECORDS).stacks.from(() => true)].map(([key]) => key);
  return keys.filter((key) => key.startsWith('drills/drill-'));
}
