import { planTable, tellReview } from './plan-table.ts';
import { DAY, POINT_IN_TIME } from './stacks.ts';

/** Classes that are never acted on silently (semantics, section 3), at their edges. */

const SUSPECT_LINES = [
  ['V1, V2[mpu at=-86400] -> V3', 'suspect-multipart'],
  ['V1, V2[mpu at=-86401] -> V3', 'copy v2,v3,10,STANDARD'],
  ['V1, V2[mpu at=0] -> V3', 'suspect-multipart'],
  ['V1, V2[mpu at=0] -> DM1', 'suspect-multipart'],
  ['V1 -> V2[mpu at=1]', 'copy v1,v2,10,STANDARD'],
  ['V1, V2[at=-5] -> V3', 'copy v2,v3,10,STANDARD'],
  ['V1[mpu GLACIER at=-5] -> V2', 'suspect-multipart'],
  // A key without a later entry may have changed too.
  ['V1, V2[mpu at=-5] ->', 'suspect-multipart'],
  ['V1[mpu at=-86400] ->', 'suspect-multipart'],
  ['V1[mpu at=-86401] ->', 'unchanged'],
  // Another entry hides the upload.
  ['V1[mpu at=-9], V2[at=-5] -> V3', 'copy v2,v3,10,STANDARD'],
  ['V1[mpu at=-9], DM1[at=-5] -> V2', 'add-delete-marker ,v2,10,STANDARD'],
  ['V1[mpu at=-9], V2[at=-5] ->', 'unchanged'],
  ['V1[mpu at=-9], DM1[at=-5] ->', 'unchanged'],
] as const;
planTable('suspect-multipart by ETag', {}, SUSPECT_LINES);
planTable('suspect-multipart by column', { multipartColumn: true }, SUSPECT_LINES);
planTable(
  'suspect-multipart by column of Parquet',
  { multipartColumn: true, format: 'parquet' },
  SUSPECT_LINES,
);

planTable('suspect-multipart, window of an hour', { multipartWindow: '1h' }, [
  ['V1[mpu at=-3600] -> V2', 'suspect-multipart'],
  ['V1[mpu at=-3601] -> V2', 'copy v1,v2,10,STANDARD'],
]);
planTable('suspect-multipart, no window', { multipartWindow: '0s' }, [
  ['V1[mpu at=0] -> V2', 'suspect-multipart'],
  ['V1[mpu at=-1] -> V2', 'copy v1,v2,10,STANDARD'],
]);
planTable('suspect-multipart, Copy to Bucket', { mode: 'copy-to-bucket' }, [
  ['V1[mpu at=-86400] ->', 'suspect-multipart'],
  ['V1[mpu at=-86401] ->', 'copy v1,v1,10,STANDARD'],
  ['V1[mpu at=-9], DM1[at=-5] ->', 'absent'],
]);
// What existed at P does not decide what this mode does.
for (const markers of ['remove', 'copy'] as const) {
  const marker = markers === 'remove' ? 'remove-delete-markers dm1,dm1,,' : 'copy v1,dm1,10,STANDARD';
  planTable(
    `uncertainties at P, Delete Marker Removal with markers: ${markers}`,
    { mode: 'delete-marker-removal', markers, noncurrentExpirationDays: '30', takenAt: at(99 * DAY) },
    [
      ['V1[mpu at=-5] -> DM1', marker],
      ['V1 -> DM1', marker],
      ['V1[mpu at=-5] ->', 'unchanged'],
    ],
  );
}

// Whatever became noncurrent more than 30 days before the inventory may have been removed.
const EXPIRY = { noncurrentExpirationDays: '30', takenAt: at(31 * DAY) };
planTable('uncertain-expired', EXPIRY, [
  ['V1 -> V2[at=86399]', 'uncertain-expired'],
  ['V1 -> V2[at=86400]', 'copy v1,v2,10,STANDARD'],
  ['V1 -> V2[at=86399], V3[at=200000]', 'uncertain-expired'],
  ['-> V1[at=5]', 'uncertain-expired'],
  ['V1 -> DM1[at=5]', 'uncertain-expired'],
  ['V1[GLACIER] -> V2[at=5]', 'uncertain-expired'],
  ['V1[size=5368709121] -> V2[at=5]', 'uncertain-expired'],
  ['V1 ->', 'unchanged'],
  ['-> DM1[at=5]', 'already-absent'],
  ['V1, DM1 -> DM2[at=5]', 'already-absent'],
]);
planTable('uncertain-expired, Copy to Bucket', { ...EXPIRY, mode: 'copy-to-bucket' }, [
  ['V1 -> V2[at=86399]', 'uncertain-expired'],
  ['V1 -> V2[at=86400]', 'copy v1,v2,10,STANDARD'],
  ['V1[GLACIER] -> V2[at=5]', 'uncertain-expired'],
  ['V1 ->', 'copy v1,v1,10,STANDARD'],
  ['-> V1[at=5]', 'absent'],
]);
// Without a time of the inventory: up to the end of the day of the plan, 30 September 2025.
planTable('uncertain-expired, inventory of unknown time', { noncurrentExpirationDays: '30' }, [
  ['V1 -> V2[at=820798]', 'uncertain-expired'],
  ['V1 -> V2[at=820799]', 'copy v1,v2,10,STANDARD'],
]);
planTable('no rule that expires noncurrent versions', { takenAt: at(31 * DAY) }, [
  ['V1 -> V2[at=5]', 'copy v1,v2,10,STANDARD'],
]);

planTable('uncopyable', { detailColumns: true }, [
  ['V1[SSE-C] -> V2', 'uncopyable'],
  ['V1[SSE-C GLACIER] -> V2', 'uncopyable'],
  ['V1[SSE-C size=5368709121] -> V2', 'uncopyable'],
  ['V1 -> V2[SSE-C]', 'copy v1,v2,10,STANDARD'],
  ['V1[SSE-C] -> DM1', 'remove-delete-markers dm1,dm1,,'],
  ['-> V1[SSE-C]', 'add-delete-marker ,v1,10,STANDARD'],
  ['V1[SSE-C] ->', 'unchanged'],
]);
planTable('uncopyable with markers: copy', { detailColumns: true, markers: 'copy' }, [
  ['V1[SSE-C] -> DM1', 'uncopyable'],
]);
planTable('uncopyable, Copy to Bucket', { detailColumns: true, mode: 'copy-to-bucket' }, [
  ['V1[SSE-C] ->', 'uncopyable'],
  ['V1, DM1 -> V2[SSE-C]', 'absent'],
]);
planTable(
  'uncopyable, Delete Marker Removal with markers: copy',
  { detailColumns: true, mode: 'delete-marker-removal', markers: 'copy' },
  [
    ['V1[SSE-C] -> DM1', 'uncopyable'],
    ['V1[SSE-C] -> V2, DM1', 'copy v2,dm1,10,STANDARD'],
    ['-> V1[SSE-C], DM1', 'uncopyable'],
  ],
);

planTable('precedence', { ...EXPIRY, detailColumns: true }, [
  ['V1[mpu SSE-C at=-5], V2[tie mpu SSE-C] -> V3[at=5]', 'ambiguous'],
  ['V1[mpu SSE-C at=-5] -> V2[at=5]', 'suspect-multipart'],
  ['V1[SSE-C] -> V2[at=5]', 'uncertain-expired'],
  ['V1[SSE-C GLACIER] -> V2[at=86400]', 'uncopyable'],
]);

planTable(
  'review lists: class, version, what it would be, its time, size and class, current entry',
  { ...EXPIRY, detailColumns: true },
  [
    ['V1[size=3], V2[size=3 tie] -> V3', 'ambiguous v1 copy 2025-08-12T12:00:00Z 3 STANDARD v3'],
    ['V1, DM1[at=-5], DM2[tie], V2[tie] -> V3', 'ambiguous v2 copy 2025-08-22T11:59:55Z 10 STANDARD v3'],
    ['V1[mpu at=-5] ->', 'suspect-multipart v1 unchanged 2025-08-22T11:59:55Z 10 STANDARD v1'],
    [
      'V1[mpu at=-5 GLACIER] -> V2',
      'suspect-multipart v1 copy-after-restore 2025-08-22T11:59:55Z 10 GLACIER v2',
    ],
    ['-> V1', 'uncertain-expired  add-delete-marker    v1'],
    ['V1, DM1 -> V2', 'uncertain-expired dm1 add-delete-marker    v2'],
    ['V1[SSE-C] -> V2[at=86400]', 'uncopyable v1 copy 2025-08-12T12:00:00Z 10 STANDARD v2'],
    ['V1 ->', ''],
    ['V1 -> V2[at=86400]', ''],
  ],
  tellReview,
);

function at(secondsFromP: number): Date {
  return new Date(Date.parse(POINT_IN_TIME) + secondsFromP * 1000);
}
