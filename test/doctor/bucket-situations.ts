import { CHECK_CODES } from '../../src/doctor/codes.ts';
import { read, rule, unreadable } from './healthy.ts';
import { later, type Situation } from './situation.ts';

const BUCKET_LATER = later(
  ...CHECK_CODES.filter((code) => code.startsWith('BUCKET_') && code !== 'BUCKET_ACCESS'),
);

/** A named bucket. */
export const BUCKET_SITUATIONS: Situation[] = [
  [
    'no bucket',
    (s) => Object.assign(s.bucket, { facts: unreadable('BUCKET_NOT_FOUND') }),
    { BUCKET_ACCESS: 'problem', ...BUCKET_LATER },
  ],
  [
    'bucket denied',
    (s) => Object.assign(s.bucket, { facts: unreadable() }),
    { BUCKET_ACCESS: 'unreadable', ...BUCKET_LATER },
  ],
  [
    'listing denied',
    (s) => Object.assign(s.bucket, { listing: unreadable() }),
    { BUCKET_ACCESS: 'unreadable' },
  ],
  [
    'never versioned',
    (s) => (s.bucket.facts.value.versioning = read('never')),
    { BUCKET_VERSIONING: 'problem' },
  ],
  [
    'versioning suspended',
    (s) => (s.bucket.facts.value.versioning = read('Suspended')),
    { BUCKET_VERSIONING: 'problem' },
  ],
  [
    'three days of noncurrent versions',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ noncurrentDays: 3, newerNoncurrentVersions: 5 })])),
    { BUCKET_HORIZON: 'problem' },
  ],
  ['thirty days', (s) => (s.bucket.facts.value.lifecycle = read([rule({ noncurrentDays: 30 })])), {}],
  [
    'thirty of ninety days',
    (s) => {
      s.request.horizonDays = 90;
      s.bucket.facts.value.lifecycle = read([rule({ noncurrentDays: 30 })]);
    },
    { BUCKET_HORIZON: 'problem' },
  ],
  [
    'rule suspended',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ enabled: false, noncurrentDays: 3 })])),
    { BUCKET_HORIZON: 'problem' },
  ],
  [
    'lifecycle denied',
    (s) =>
      Object.assign(s.bucket.facts.value, {
        lifecycle: { readable: false, reason: 's3:GetLifecycleConfiguration' },
      }),
    { BUCKET_HORIZON: 'unreadable', BUCKET_LIFECYCLE: 'unreadable' },
  ],
  [
    'current objects expire',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ expiresCurrent: true })])),
    { BUCKET_LIFECYCLE: 'warning' },
  ],
  [
    'markers are removed',
    (s) => (s.bucket.facts.value.lifecycle = read([rule({ removesExpiredMarkers: true })])),
    { BUCKET_LIFECYCLE: 'warning' },
  ],
  [
    'no S3 Metadata',
    (s) => Object.assign(s.bucket, { metadata: read(null) }),
    { BUCKET_METADATA: 'warning' },
  ],
  [
    'metadata tables failed',
    (s) => (s.bucket.metadata.value.journal.status = 'FAILED'),
    { BUCKET_METADATA: 'problem' },
  ],
  [
    'metadata backfilling',
    (s) => (s.bucket.metadata.value.liveInventory.status = 'BACKFILLING'),
    { BUCKET_METADATA: 'warning' },
  ],
  [
    'metadata denied',
    (s) => Object.assign(s.bucket, { metadata: unreadable() }),
    { BUCKET_METADATA: 'unreadable' },
  ],
  [
    'no inventory',
    (s) =>
      Object.assign(s.bucket.inventory, { value: { report: null, configured: false, reasons: ['none'] } }),
    { BUCKET_INVENTORY: 'warning', BUCKET_INVENTORY_FIELDS: 'not-checked' },
  ],
  [
    'inventory serves nothing',
    (s) =>
      Object.assign(s.bucket.inventory, {
        value: { report: null, configured: true, reasons: ['current versions only'] },
      }),
    { BUCKET_INVENTORY: 'problem', BUCKET_INVENTORY_FIELDS: 'not-checked' },
  ],
  [
    'inventory denied',
    (s) => Object.assign(s.bucket, { inventory: unreadable() }),
    { BUCKET_INVENTORY: 'unreadable', BUCKET_INVENTORY_FIELDS: 'not-checked' },
  ],
  [
    'report of last week',
    (s) => (s.bucket.inventory.value.report.takenAt = new Date('2025-08-25T01:00:00Z')),
    { BUCKET_INVENTORY: 'problem' },
  ],
  [
    'report of last week, weekly',
    (s) =>
      Object.assign(s.bucket.inventory.value, {
        frequency: 'Weekly',
        report: { ...s.bucket.inventory.value.report, takenAt: new Date('2025-08-25T01:00:00Z') },
      }),
    {},
  ],
  [
    'report without fields',
    (s) => (s.bucket.inventory.value.report.columns = ['bucket', 'key']),
    { BUCKET_INVENTORY_FIELDS: 'warning' },
  ],
  ['MFA delete', (s) => (s.bucket.facts.value.mfaDelete = read(true)), { BUCKET_MFA_DELETE: 'warning' }],
  [
    'Object Lock',
    (s) =>
      (s.bucket.facts.value.objectLock = read({ enabled: true, defaultRetention: 'COMPLIANCE for 1 years' })),
    { BUCKET_OBJECT_LOCK: 'warning' },
  ],
  [
    'replication',
    (s) =>
      (s.bucket.facts.value.replication = read({
        destinations: ['arn:aws:s3:::copy'],
        deleteMarkers: false,
      })),
    { BUCKET_REPLICATION: 'warning' },
  ],
  [
    'notifications',
    (s) => (s.bucket.facts.value.notifications = read(['EventBridge'])),
    { BUCKET_NOTIFICATIONS: 'warning' },
  ],
  [
    'SSE-C',
    (s) => (s.bucket.facts.value.encryption = read({ algorithm: 'AES256', kmsKey: null, mayHoldSseC: true })),
    {},
  ],
  [
    'encryption not known to the store',
    (s) => Object.assign(s.bucket.facts.value, { encryption: { readable: false, reason: 'NotImplemented' } }),
    { BUCKET_ENCRYPTION: 'unreadable' },
  ],
  [
    'requester pays',
    (s) => (s.bucket.facts.value.requesterPays = read(true)),
    { BUCKET_REQUESTER_PAYS: 'warning' },
  ],
];
