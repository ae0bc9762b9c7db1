import { planTable } from './plan-table.ts';

/** The tables of classes (semantics, section 3) and their edges. */

planTable('Bucket Rollback: what existed at the point in time', {}, [
  ['V1, V2 ->', 'unchanged'],
  ['DM1 ->', 'unchanged'],
  ['V1, DM1 ->', 'unchanged'],
  ['V1[at=0] ->', 'unchanged'],
  // Inclusive: an entry of the very second existed.
  ['V1, V2[at=0] -> V3', 'copy v2,v3,10,STANDARD'],
  ['V1, DM1[at=0] -> V2', 'add-delete-marker ,v2,10,STANDARD'],
  ['V1 -> V2[at=1]', 'copy v1,v2,10,STANDARD'],
  ['V1 -> DM1[at=1]', 'remove-delete-markers dm1,dm1,,'],
  ['-> V1[at=1]', 'add-delete-marker ,v1,10,STANDARD'],
  ['V1[at=0] -> V2[at=1]', 'copy v1,v2,10,STANDARD'],
  // The entry at P is the top of those that existed, however deep they lie.
  ['V1, DM1, V2 -> V3, DM2, V4', 'copy v2,v4,10,STANDARD'],
  ['V1, V2, V3 -> DM1, DM2', 'remove-delete-markers dm2,dm2,, dm1,dm2,,'],
  ['-> DM1, V1', 'add-delete-marker ,v1,10,STANDARD'],
  ['-> V1[GLACIER size=6000000000]', 'add-delete-marker ,v1,6000000000,GLACIER'],
]);

const STORAGE_LINES = [
  ['V1[size=0] -> V2', 'copy v1,v2,0,STANDARD'],
  ['V1[size=5368709120] -> V2', 'copy v1,v2,5368709120,STANDARD'],
  ['V1[size=5368709121] -> V2', 'copy-multipart v1,v2,5368709121,STANDARD'],
  ['V1[GLACIER] -> V2', 'copy-after-restore v1,v2,10,GLACIER'],
  ['V1[DEEP_ARCHIVE] -> V2', 'copy-after-restore v1,v2,10,DEEP_ARCHIVE'],
  ['V1[GLACIER size=5368709121] -> V2', 'copy-after-restore v1,v2,5368709121,GLACIER'],
  ['V1[GLACIER_IR] -> V2', 'copy v1,v2,10,GLACIER_IR'],
  ['V1[INTELLIGENT_TIERING] -> V2', 'copy v1,v2,10,INTELLIGENT_TIERING'],
  ['V1[ONEZONE_IA] -> V2', 'copy v1,v2,10,ONEZONE_IA'],
  // An empty storage class is STANDARD.
  ['V1[no-class] -> V2', 'copy v1,v2,10,STANDARD'],
  // What is on top, or further down, does not matter.
  ['V1 -> V2[GLACIER size=5368709121]', 'copy v1,v2,10,STANDARD'],
  ['V1[GLACIER], V2 -> V3', 'copy v2,v3,10,STANDARD'],
  ['V1 -> V2[GLACIER], DM1', 'copy v1,dm1,10,STANDARD'],
] as const;
planTable('Bucket Rollback: size and storage class (CSV)', {}, STORAGE_LINES);
planTable('Bucket Rollback: size and storage class (Parquet)', { format: 'parquet' }, STORAGE_LINES);

planTable('Bucket Rollback: markers are removed whatever lies below', {}, [
  ['V1[GLACIER] -> DM1', 'remove-delete-markers dm1,dm1,,'],
  ['V1[size=5368709121] -> DM1', 'remove-delete-markers dm1,dm1,,'],
]);

for (const format of ['csv', 'parquet'] as const) {
  planTable(
    `Bucket Rollback: Intelligent-Tiering access tiers (${format})`,
    { format, detailColumns: true },
    [
      ['V1[INTELLIGENT_TIERING tier=ARCHIVE] -> V2', 'copy-after-restore v1,v2,10,INTELLIGENT_TIERING'],
      ['V1[INTELLIGENT_TIERING tier=DEEP_ARCHIVE] -> V2', 'copy-after-restore v1,v2,10,INTELLIGENT_TIERING'],
      [
        'V1[INTELLIGENT_TIERING tier=ARCHIVE_ACCESS] -> V2',
        'copy-after-restore v1,v2,10,INTELLIGENT_TIERING',
      ],
      ['V1[INTELLIGENT_TIERING tier=FREQUENT] -> V2', 'copy v1,v2,10,INTELLIGENT_TIERING'],
      ['V1[INTELLIGENT_TIERING tier=INFREQUENT] -> V2', 'copy v1,v2,10,INTELLIGENT_TIERING'],
      ['V1[INTELLIGENT_TIERING tier=ARCHIVE_INSTANT_ACCESS] -> V2', 'copy v1,v2,10,INTELLIGENT_TIERING'],
      ['V1 -> V2[INTELLIGENT_TIERING tier=ARCHIVE]', 'copy v1,v2,10,STANDARD'],
    ],
  );
}

planTable('Delete Marker Removal', { mode: 'delete-marker-removal' }, [
  ['V1 -> DM1[at=1]', 'remove-delete-markers dm1,dm1,,'],
  ['V1, DM1[at=0] ->', 'unchanged'],
  ['V1, DM1 ->', 'unchanged'],
  // A marker of the run that existed at P stays, and so does one below an object version.
  ['V1, DM1[at=0] -> DM2[at=1]', 'remove-delete-markers dm2,dm2,,'],
  ['DM1, DM2 -> DM3, DM4', 'remove-delete-markers dm4,dm4,, dm3,dm4,,'],
  ['-> DM1, DM2', 'remove-delete-markers dm2,dm2,, dm1,dm2,,'],
  ['V1 -> DM1, V2, DM2, DM3', 'remove-delete-markers dm3,dm3,, dm2,dm3,,'],
  ['V1[GLACIER size=5368709121] -> DM1', 'remove-delete-markers dm1,dm1,,'],
]);

planTable('Copy to Bucket', { mode: 'copy-to-bucket' }, [
  ['V1[size=5368709121] -> V2', 'copy v1,v2,5368709121,STANDARD'],
  ['V1[GLACIER] ->', 'copy-after-restore v1,v1,10,GLACIER'],
  ['V1[DEEP_ARCHIVE] -> DM1', 'copy-after-restore v1,dm1,10,DEEP_ARCHIVE'],
  ['V1[GLACIER_IR] ->', 'copy v1,v1,10,GLACIER_IR'],
  ['V1, V2[at=0] -> V3[at=1]', 'copy v2,v3,10,STANDARD'],
  ['DM1 ->', 'absent'],
  ['V1, DM1 -> V2', 'absent'],
]);

planTable('Bucket Rollback with markers: copy', { markers: 'copy' }, [
  ['V1 -> DM1', 'copy v1,dm1,10,STANDARD'],
  ['V1 -> DM1, DM2', 'copy v1,dm2,10,STANDARD'],
  ['V1[GLACIER] -> DM1', 'copy-after-restore v1,dm1,10,GLACIER'],
  ['V1[size=5368709121] -> DM1', 'copy-multipart v1,dm1,5368709121,STANDARD'],
  ['V1 -> V2', 'copy v1,v2,10,STANDARD'],
  ['V1, DM1 -> DM2', 'already-absent'],
  ['-> V1', 'add-delete-marker ,v1,10,STANDARD'],
  ['V1 ->', 'unchanged'],
]);

// What the removal would have exposed is copied on top instead.
planTable('Delete Marker Removal with markers: copy', { mode: 'delete-marker-removal', markers: 'copy' }, [
  ['V1 -> DM1', 'copy v1,dm1,10,STANDARD'],
  ['V1 -> DM1, V2, DM2', 'copy v2,dm2,10,STANDARD'],
  ['V1, DM1 -> V2, DM2', 'copy v2,dm2,10,STANDARD'],
  ['-> V1, DM1', 'copy v1,dm1,10,STANDARD'],
  ['V1[GLACIER] -> DM1', 'copy-after-restore v1,dm1,10,GLACIER'],
  ['-> V1[DEEP_ARCHIVE], DM1', 'copy-after-restore v1,dm1,10,DEEP_ARCHIVE'],
  ['V1[size=5368709121] -> DM1', 'copy-multipart v1,dm1,5368709121,STANDARD'],
  ['V1, DM1 -> DM2', 'unchanged'],
  ['-> DM1', 'unchanged'],
  ['V1, DM1 ->', 'unchanged'],
  ['V1 -> V2', 'unchanged'],
]);
