import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openBucketConfigurationCalls } from '../../src/aws/bucket-configuration.ts';
import type { FreezeSite } from '../../src/freeze/bucket-state.ts';
import { freezeBucket } from '../../src/freeze/freeze.ts';
import { type FreezeRecord, folderRecord } from '../../src/freeze/freeze-record.ts';
import { parseFreezeSettings, type RawFreezeSettings } from '../../src/freeze/settings.ts';
import { thawBucket } from '../../src/freeze/thaw.ts';
import type { BucketConfigurationCalls, LifecycleDocument } from '../../src/s3/bucket-configuration.ts';
import { clientOf } from '../sandbox/client.ts';

export const BUCKET = 'data';
export const ON_CALL = 'arn:aws:iam::123456789012:role/on-call';
export const ID = '0a1b2c3d';
export const NOW = new Date('2026-03-01T12:00:00Z');

/** A policy and a lifecycle configuration that a bucket may well have. */
export const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Id: 'ours',
  Statement: [
    {
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: ['arn:aws:s3:::data', 'arn:aws:s3:::data/*'],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ],
});
export const LIFECYCLE: LifecycleDocument = {
  rules: [
    {
      ID: 'expire-old',
      Status: 'Enabled',
      Filter: { Prefix: 'a/' },
      NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 2 },
    },
    {
      ID: 'date',
      Status: 'Enabled',
      Filter: { And: { Prefix: 'b/', Tags: [{ Key: 'k', Value: 'v' }], ObjectSizeGreaterThan: 5 } },
      Expiration: { Date: '2030-01-01T00:00:00.000Z' },
    },
    {
      ID: 'off',
      Status: 'Disabled',
      Filter: { Prefix: '' },
      Expiration: { Days: 1 },
    },
    {
      ID: 'uploads',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
  ],
  leastTransitionSize: 'varies_by_storage_class',
};

/** Over real requests to the sandbox; waits for nothing. */
export type FreezeStage = {
  sandbox: Sandbox;
  bucket: Bucket;
  client: S3Client;
  folder: string;
  record: FreezeRecord;
  site: FreezeSite;
  end(): Promise<void>;
};

export async function openFreezeStage(): Promise<FreezeStage> {
  const sandbox = await startSandbox();
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-freeze-'));
  const client = clientOf(sandbox);
  return {
    sandbox,
    bucket,
    client,
    folder,
    record: folderRecord(folder),
    site: siteOf(openBucketConfigurationCalls(client)),
    async end() {
      client.destroy();
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function siteOf(configurations: BucketConfigurationCalls): FreezeSite {
  return { configurations, pause: async () => {}, now: () => NOW };
}

export async function freeze(
  { site, record }: Pick<FreezeStage, 'site' | 'record'>,
  raw: Partial<RawFreezeSettings> = {},
  options: { id?: string; isTrial?: boolean; rollbackId?: string | null } = {},
) {
  const settings = parseFreezeSettings(
    { bucket: BUCKET, except: [ON_CALL], until: '2026-03-02T12:00:00Z', ...raw },
    { id: options.id ?? ID, partition: 'aws', now: NOW, earlierEnd: null },
  );
  const { isTrial = false, rollbackId = null } = options;
  return await freezeBucket(site, settings, record, { rollbackId, isTrial });
}

export async function thaw({ site, record }: Pick<FreezeStage, 'site' | 'record'>, isTrial = false) {
  return await thawBucket(site, record, { isTrial });
}

/** Puts an object as the holder of an access key. @returns the code of the refusal, or null */
export async function putAs(stage: FreezeStage, accessKeyId: string, key: string): Promise<string | null> {
  const client = clientOf(stage.sandbox, { accessKeyId });
  try {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: 'x' }));
    return null;
  } catch (error) {
    return (error as Error).name;
  } finally {
    client.destroy();
  }
}
