import type { BucketFacts } from '../s3/bucket-facts.ts';
import type { Reading } from './check.ts';
import { takeReading } from './reading.ts';

/** Settings of "Block public access" of a bucket (API_PublicAccessBlockConfiguration). */
export type PublicAccessBlock = {
  blockPublicAcls: boolean;
  ignorePublicAcls: boolean;
  blockPublicPolicy: boolean;
  restrictPublicBuckets: boolean;
};

/** The calls of S3 that the record bucket is read by. */
export type RecordCalls = {
  readFacts(bucket: string): Promise<BucketFacts>;
  /** null: none is set */
  readPublicAccessBlock(bucket: string): Promise<PublicAccessBlock | null>;
  /** the document; null: there is none */
  readPolicy(bucket: string): Promise<unknown>;
};

export type RecordFacts = {
  bucket: Reading<BucketFacts>;
  publicAccess: Reading<PublicAccessBlock | null>;
  policy: Reading<unknown>;
};

export async function readRecordFacts(calls: RecordCalls, bucket: string): Promise<RecordFacts> {
  const [facts, publicAccess, policy] = await Promise.all([
    takeReading(() => calls.readFacts(bucket)),
    takeReading(() => calls.readPublicAccessBlock(bucket)),
    takeReading(() => calls.readPolicy(bucket)),
  ]);
  return { bucket: facts, publicAccess, policy };
}
