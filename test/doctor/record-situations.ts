import { type Healthy, read, rule, TLS_ONLY, unreadable } from './healthy.ts';
import { later, type Situation } from './situation.ts';

const RECORD_LATER = later('RECORD_VERSIONING', 'RECORD_PRIVATE', 'RECORD_TLS_ONLY', 'RECORD_LIFECYCLE');

function inTls(change: (statement: ReturnType<typeof TLS_ONLY>['Statement'][number]) => void) {
  return (s: Healthy) => {
    const policy = TLS_ONLY();
    for (const statement of policy.Statement) change(statement);
    s.record.policy = read(policy);
  };
}

/** The record bucket. */
export const RECORD_SITUATIONS: Situation[] = [
  [
    'no record bucket',
    (s) => Object.assign(s.record, { bucket: unreadable('BUCKET_NOT_FOUND') }),
    { RECORD_BUCKET: 'problem', ...RECORD_LATER },
  ],
  [
    'record bucket elsewhere',
    (s) => Object.assign(s.record, { bucket: unreadable('WRONG_REGION') }),
    { RECORD_BUCKET: 'problem', ...RECORD_LATER },
  ],
  [
    'record bucket denied',
    (s) => Object.assign(s.record, { bucket: unreadable() }),
    { RECORD_BUCKET: 'unreadable', ...RECORD_LATER },
  ],
  [
    'record not versioned',
    (s) => (s.record.bucket.value.versioning = read('Suspended')),
    { RECORD_VERSIONING: 'problem' },
  ],
  [
    'versioning denied',
    (s) =>
      Object.assign(s.record.bucket.value, {
        versioning: { readable: false, reason: 's3:GetBucketVersioning' },
      }),
    { RECORD_VERSIONING: 'unreadable' },
  ],
  [
    'record open',
    (s) => (s.record.publicAccess = read({ blockPublicAcls: true, blockPublicPolicy: false })),
    { RECORD_PRIVATE: 'problem' },
  ],
  ['no block of public access', (s) => (s.record.publicAccess = read(null)), { RECORD_PRIVATE: 'problem' }],
  [
    'public access denied',
    (s) => Object.assign(s.record, { publicAccess: unreadable() }),
    { RECORD_PRIVATE: 'unreadable' },
  ],
  ['no policy', (s) => (s.record.policy = read(null)), { RECORD_TLS_ONLY: 'problem' }],
  [
    'policy denied',
    (s) => Object.assign(s.record, { policy: unreadable() }),
    { RECORD_TLS_ONLY: 'unreadable' },
  ],
  [
    'TLS for one person',
    inTls((one) => (one.Principal = { AWS: 'arn:aws:iam::111122223333:root' })),
    { RECORD_TLS_ONLY: 'problem' },
  ],
  ['TLS for reading', inTls((one) => (one.Action = 's3:GetObject')), { RECORD_TLS_ONLY: 'problem' }],
  ['TLS for the bucket alone', inTls((one) => one.Resource.pop()), { RECORD_TLS_ONLY: 'problem' }],
  [
    'TLS with another condition',
    inTls((one) => (one.Condition.StringEquals = { 'aws:RequestedRegion': 'eu-west-1' })),
    { RECORD_TLS_ONLY: 'problem' },
  ],
  [
    'TLS the wrong way round',
    inTls((one) => (one.Condition = { Bool: { 'aws:SecureTransport': 'true' } })),
    { RECORD_TLS_ONLY: 'problem' },
  ],
  [
    'work never expires',
    (s) => (s.record.bucket.value.lifecycle = read([])),
    { RECORD_LIFECYCLE: 'warning' },
  ],
  [
    'records expire',
    (s) => s.record.bucket.value.lifecycle.value.push(rule({ expiresCurrent: true })),
    { RECORD_LIFECYCLE: 'problem' },
  ],
  [
    'versions of a record expire',
    (s) => s.record.bucket.value.lifecycle.value.push(rule({ prefix: 'rb-my', noncurrentDays: 1 })),
    { RECORD_LIFECYCLE: 'problem' },
  ],
  [
    'a rule that is off',
    (s) => s.record.bucket.value.lifecycle.value.push(rule({ enabled: false, expiresCurrent: true })),
    {},
  ],
  [
    'Object Lock asked for',
    (s) => {
      s.request.wantsLock = true;
      s.record.bucket.value.objectLock = read({ enabled: true, defaultRetention: 'GOVERNANCE for 30 days' });
    },
    { RECORD_OBJECT_LOCK: 'ok' },
  ],
  ['no Object Lock, asked for', (s) => (s.request.wantsLock = true), { RECORD_OBJECT_LOCK: 'problem' }],
  [
    'Object Lock without a default',
    (s) => {
      s.request.wantsLock = true;
      s.record.bucket.value.objectLock = read({ enabled: true, defaultRetention: null });
    },
    { RECORD_OBJECT_LOCK: 'problem' },
  ],
];
