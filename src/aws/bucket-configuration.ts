import {
  DeleteBucketPolicyCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  type S3Client,
  type TransitionDefaultMinimumObjectSize,
} from '@aws-sdk/client-s3';
import { RunbookError } from '../errors.ts';
import type {
  BucketConfigurationCalls,
  LifecycleDocument,
  LifecycleRuleDocument,
} from '../s3/bucket-configuration.ts';
import { toS3Failure } from './failure.ts';
import { keepDocument } from './keep-document.ts';
import { withRetries } from './retries.ts';
import { sendWithRetries } from './send.ts';

/** Elements of API_LifecycleRule that the SDK reads and writes. Any other it would drop without a word. */
const KNOWN_ELEMENTS = new Set(
  [
    'LifecycleConfiguration Rule ID Status Prefix Filter And Tag Key Value ObjectSizeGreaterThan ObjectSizeLessThan',
    'Expiration Date Days ExpiredObjectDeleteMarker Transition StorageClass AbortIncompleteMultipartUpload',
    'DaysAfterInitiation NoncurrentVersionExpiration NoncurrentDays NewerNoncurrentVersions NoncurrentVersionTransition',
  ].flatMap((names) => names.split(' ')),
);

/** The policy and the lifecycle configuration of a bucket, over an S3 client that does not retry. */
export function openBucketConfigurationCalls(client: S3Client): BucketConfigurationCalls {
  return {
    async readPolicy(bucket) {
      const subject = { bucket, doing: 'Reading the policy of', permission: 's3:GetBucketPolicy' };
      const answer = await sendWithRetries(subject, () =>
        orNull('NoSuchBucketPolicy', () => client.send(new GetBucketPolicyCommand({ Bucket: bucket }))),
      );
      return answer?.Policy ?? null;
    },
    async writePolicy(bucket, policy) {
      const permission = policy === null ? 's3:DeleteBucketPolicy' : 's3:PutBucketPolicy';
      const refused = await sendOnce({ bucket, doing: 'Writing the policy of', permission }, async () => {
        try {
          if (policy === null) await client.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
          else await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
          return null;
        } catch (error) {
          if (error instanceof Error && error.name === 'MalformedPolicy') return error;
          throw error;
        }
      });
      if (refused === null) return;
      throw new RunbookError(
        'POLICY_UNREADABLE',
        `S3 refuses the policy of '${bucket}': ${refused.message}`,
        {
          hint: 'if it names a principal: check --except, and take principals that are gone out of the bucket policy; then run the same command again',
          cause: refused,
        },
      );
    },
    async readLifecycle(bucket) {
      const subject = {
        bucket,
        doing: 'Reading the lifecycle configuration of',
        permission: 's3:GetLifecycleConfiguration',
      };
      const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
      const document = keepDocument(command);
      const answer = await sendWithRetries(subject, () =>
        orNull('NoSuchLifecycleConfiguration', () => client.send(command)),
      );
      if (answer === null) return null;
      assertKnown(bucket, document());
      return {
        rules: (answer.Rules ?? []).map(toDocument),
        leastTransitionSize: answer.TransitionDefaultMinimumObjectSize ?? null,
      };
    },
    async writeLifecycle(bucket, lifecycle) {
      const subject = {
        bucket,
        doing: 'Writing the lifecycle configuration of',
        permission: 's3:PutLifecycleConfiguration',
      };
      await sendOnce(subject, () => client.send(toPut(bucket, lifecycle)));
    },
  };
}

function toPut(bucket: string, { rules, leastTransitionSize }: LifecycleDocument) {
  return new PutBucketLifecycleConfigurationCommand({
    Bucket: bucket,
    LifecycleConfiguration: { Rules: rules.map(toRule) },
    ...(leastTransitionSize === null
      ? {}
      : { TransitionDefaultMinimumObjectSize: leastTransitionSize as TransitionDefaultMinimumObjectSize }),
  });
}

/** Not again by itself: what someone else wrote after a lost answer would be written over. */
async function sendOnce<Answer>(
  subject: Parameters<typeof toS3Failure>[1],
  send: () => Promise<Answer>,
): Promise<Answer> {
  const attempt = async () => {
    try {
      return await send();
    } catch (error) {
      throw toS3Failure(error, subject);
    }
  };
  return await withRetries(attempt, { retries: 0, firstPauseMs: 0 });
}

/** @param absent the error by which S3 says that there is no such configuration */
async function orNull<Answer>(absent: string, read: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && error.name === absent) return null;
    throw error;
  }
}

function assertKnown(bucket: string, document: string): void {
  const names = [...document.matchAll(/<(?:\w+:)?([A-Za-z]\w*)[\s/>]/g)].map(([, name = '']) => name);
  const unknown = names.find((name) => !KNOWN_ELEMENTS.has(name));
  if (unknown === undefined) return;
  throw new RunbookError(
    'LIFECYCLE_UNKNOWN',
    `The lifecycle configuration of '${bucket}' has the element ${unknown}, which this version does not know and could not put back.`,
    { hint: 'change the rules in the console of S3 yourself; a freeze then needs --keep-lifecycle' },
  );
}

/** As JSON, in which a date is a text. */
function toDocument(rule: LifecycleRule): LifecycleRuleDocument {
  return JSON.parse(JSON.stringify(rule)) as LifecycleRuleDocument;
}

function toRule(document: LifecycleRuleDocument): LifecycleRule {
  const rule = structuredClone(document) as unknown as LifecycleRule;
  for (const action of [rule.Expiration, ...(rule.Transitions ?? [])]) {
    if (action?.Date !== undefined) action.Date = new Date(action.Date);
  }
  return rule;
}
