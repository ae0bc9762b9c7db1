import { UNCERTAIN_CLASSES } from '../../src/s3/rollback.ts';
import { planTable } from './plan-table.ts';
import { DAY, POINT_IN_TIME } from './stacks.ts';

/** `include-uncertain` puts a class, and no other, back into its natural scenario. */

const OPTIONS = {
  detailColumns: true,
  noncurrentExpirationDays: '30',
  takenAt: new Date(Date.parse(POINT_IN_TIME) + 31 * DAY * 1000),
};

const LINES = [
  // Of two object versions it is either; before a delete marker, the object version.
  ['DM1, V1[tie] -> V2[at=86400]', 'ambiguous', 'copy v1,v2,10,STANDARD'],
  ['V1[mpu at=-5] -> V2[at=86400]', 'suspect-multipart', 'copy v1,v2,10,STANDARD'],
  ['V1[mpu at=-5] -> DM1[at=86400]', 'suspect-multipart', 'remove-delete-markers dm1,dm1,,'],
  ['V1[mpu at=-5] ->', 'suspect-multipart', 'unchanged'],
  ['-> V1[at=5]', 'uncertain-expired', 'add-delete-marker ,v1,10,STANDARD'],
  ['V1[size=5368709121] -> V2[at=5]', 'uncertain-expired', 'copy-multipart v1,v2,5368709121,STANDARD'],
  ['V1[SSE-C] -> V2[at=86400]', 'uncopyable', 'copy v1,v2,10,STANDARD'],
  ['V1[SSE-C GLACIER] -> V2[at=86400]', 'uncopyable', 'copy-after-restore v1,v2,10,GLACIER'],
] as const;

for (const included of UNCERTAIN_CLASSES) {
  planTable(
    `include-uncertain: ${included}`,
    { ...OPTIONS, includeUncertain: included },
    LINES.map(([stack, keyClass, natural]) => [stack, keyClass === included ? natural : keyClass]),
  );
}

for (const mode of ['bucket-rollback', 'delete-marker-removal', 'copy-to-bucket'] as const) {
  planTable(
    `include-uncertain: all, ${mode}`,
    { ...OPTIONS, mode, includeUncertain: UNCERTAIN_CLASSES.join(',') },
    mode === 'bucket-rollback'
      ? [
          ...LINES.map(([stack, , natural]) => [stack, natural] as const),
          // Each uncertainty at once.
          ['DM1[at=-5], V1[tie mpu SSE-C] -> V2[at=5]', 'copy v1,v2,10,STANDARD'],
        ]
      : mode === 'delete-marker-removal'
        ? [['V1 -> V2, DM1[tie], DM2', 'remove-delete-markers dm2,dm2,,']]
        : [['DM1[at=-5], V1[tie mpu SSE-C GLACIER] -> V2[at=5]', 'copy-after-restore v1,v2,10,GLACIER']],
  );
}

// Included as ambiguous, a key can still be uncertain for another reason.
planTable('the next reason counts', { ...OPTIONS, includeUncertain: 'ambiguous' }, [
  ['DM1[at=-5], V1[tie mpu] -> V2[at=86400]', 'suspect-multipart'],
  ['DM1, V1[tie] -> V2[at=5]', 'uncertain-expired'],
  ['DM1, V1[tie SSE-C] -> V2[at=86400]', 'uncopyable'],
]);
