import assert from 'node:assert/strict';
import { arnOf, BOOTSTRAPPED, type Case, play, RECORDS, type Stage, told } from './stage.ts';

/** The workflow freeze. AWS holds its gate, by the trust of the role, so there is no proof to play. */

const BUCKET = 'in-use';
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Ours',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutBucketAcl',
      Resource: `arn:aws:s3:::${BUCKET}`,
    },
  ],
});

export async function playFreeze(one: Case, stage: Stage): Promise<void> {
  const { sandbox } = stage;
  const { configurations } = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  configurations.set('policy', POLICY);
  const variables = {
    ...BOOTSTRAPPED,
    S3_REWIND_FREEZE_ROLE: arnOf('role/freeze'),
    S3_REWIND_FREEZE_EXCEPT: arnOf('role/on-call'),
  };
  const run = (inputs: Record<string, string>) =>
    play(one, stage, { workflow: 'freeze.yml', variables, inputs: { bucket: BUCKET, ...inputs } });

  if (one.isThorough) {
    const { end } = await run({ action: 'freeze', 'dry-run': 'true' });
    assert.equal(end.status, 0, end.log);
    assert.match(end.log, /Would be frozen/);
    assert.equal(configurations.get('policy'), POLICY, 'a dry run changed the policy');
    told('a dry run tells what it would do');
  }
  const frozen = await run({ action: 'freeze', 'dry-run': 'false' });
  assert.equal(frozen.end.status, 0, frozen.end.log);
  const policy = configurations.get('policy') ?? '';
  for (const part of [
    '"Ours"',
    'S3RewindFreeze',
    arnOf('role/on-call'),
    arnOf('role/s3-rewind/rollback/*'),
  ]) {
    assert.ok(policy.includes(part), `${part} is missing in ${policy}`);
  }
  assert.ok(sandbox.bucket(RECORDS).current(`freeze-${BUCKET}/freeze.json`) !== undefined, 'no record');
  told('frozen, for all but the roles of rollbacks and the one of the variable');

  if (one.isThorough) {
    const record = `s3://${RECORDS}/freeze-${BUCKET}/`;
    const { end } = await run({ action: 'thaw', bucket: 'another', record, 'dry-run': 'false' });
    assert.notEqual(end.status, 0, end.log);
    assert.match(end.log, /INVALID_OPTION/);
    assert.equal(configurations.get('policy'), policy, 'the thaw of another bucket thawed this one');
    told('a thaw that names another bucket than its record is refused');
  }
  const thawed = await run({ action: 'thaw', 'dry-run': 'false' });
  assert.equal(thawed.end.status, 0, thawed.end.log);
  assert.equal(configurations.get('policy'), POLICY);
  told('thawed, exactly as it was');
}
