import { planTable } from './plan-table.ts';

/** Order inside a stack (semantics, section 2): who is on top when seconds are equal. */

planTable('by last_modified', {}, [
  ['V1, V2[tie] -> V3', 'ambiguous'],
  ['V1, V2[tie] -> DM1', 'ambiguous'],
  ['V1, DM1[tie] -> V2', 'ambiguous'],
  ['DM1, V1[tie] -> DM2', 'ambiguous'],
  ['V1, DM1[tie], DM2[tie] -> V2', 'ambiguous'],
  ['V0[at=0], V1[at=0] -> V2[at=1]', 'ambiguous'],
  // Whichever marker was on top, the key was absent.
  ['DM1, DM2[tie] -> V1', 'add-delete-marker ,v1,10,STANDARD'],
  ['V1, DM1, DM2[tie] -> DM3', 'already-absent'],
  // Ties that decide nothing: below the entry at P, or after P.
  ['V1, V2[tie], V3 -> V4', 'copy v3,v4,10,STANDARD'],
  ['V1 -> V2, V3[tie], V4', 'copy v1,v4,10,STANDARD'],
  ['V1 -> DM1, V2[tie], DM2', 'copy v1,dm2,10,STANDARD'],
  ['V1 -> DM1, DM2[tie], DM3', 'remove-delete-markers dm3,dm3,, dm1,dm3,, dm2,dm3,,'],
  // The seconds of P and of P + 1 are two seconds.
  ['V1[at=0] -> V2[at=1]', 'copy v1,v2,10,STANDARD'],
]);

planTable('the current entry is on top, whatever the times say', {}, [
  ['V1, V2[tie] ->', 'unchanged'],
  ['V1[latest], V2[tie] ->', 'unchanged'],
  ['V1 -> V2, V3[tie]', 'copy v1,v3,10,STANDARD'],
  ['V1 -> V2[latest], V3[tie]', 'copy v1,v2,10,STANDARD'],
  ['-> V1, DM1[tie]', 'already-absent'],
  ['-> V1[latest], DM1[tie]', 'add-delete-marker ,v1,10,STANDARD'],
  ['V1 -> DM1[latest], DM2[tie]', 'remove-delete-markers dm1,dm1,, dm2,dm1,,'],
  ['V1 -> DM1[latest], V2', 'copy v1,dm1,10,STANDARD'],
  // Then it is the entry at P too, and no candidate beside it is one.
  ['V1[latest], V2[tie] -> V3', 'copy v1,v1,10,STANDARD'],
  ['V1[latest], V2 -> V3', 'copy v1,v1,10,STANDARD'],
  ['V1, DM1[latest tie] -> V3', 'already-absent'],
]);

for (const order of ['ordinal', 'sequence-number'] as const) {
  planTable(`by ${order}`, { order }, [
    ['V1, V2[tie] -> V3', 'copy v2,v3,10,STANDARD'],
    ['V1, DM1[tie] -> V2', 'add-delete-marker ,v2,10,STANDARD'],
    ['DM1, V1[tie] -> DM2', 'remove-delete-markers dm2,dm2,,'],
    ['V2, V1[tie] -> V3', 'copy v1,v3,10,STANDARD'],
    ['V1 -> DM2, DM1[tie], DM3', 'remove-delete-markers dm3,dm3,, dm1,dm3,, dm2,dm3,,'],
    // S3's own order also stands against the times.
    ['V1[at=-5], V2[at=-9] -> V3', 'copy v2,v3,10,STANDARD'],
  ]);

  planTable(`Delete Marker Removal by ${order}`, { order, mode: 'delete-marker-removal' }, [
    ['V1 -> V2, DM1[tie], DM2', 'remove-delete-markers dm2,dm2,, dm1,dm2,,'],
    ['V1 -> DM1, V2[tie], DM2', 'remove-delete-markers dm2,dm2,,'],
    // A marker that existed at P stays although others lie below it.
    ['V1 -> DM1[at=5], DM2[at=-5], DM3[at=9]', 'remove-delete-markers dm3,dm3,, dm1,dm3,,'],
  ]);
}
planTable('by ordinal, more than ten entries', { order: 'ordinal' }, [
  [
    'V1, V2[tie], V3[tie], V4[tie], V5[tie], V6[tie], V7[tie], V8[tie], V9[tie], V10[tie], V11[tie] -> V12',
    'copy v11,v12,10,STANDARD',
  ],
]);

planTable('Delete Marker Removal by last_modified', { mode: 'delete-marker-removal' }, [
  // Whether DM1 lies above V2 decides whether it goes.
  ['V1 -> V2, DM1[tie], DM2', 'ambiguous'],
  ['V1 -> DM1, V2[tie], DM2', 'ambiguous'],
  ['V1 -> V2, DM1[tie]', 'remove-delete-markers dm1,dm1,,'],
  ['V1 -> DM1[latest], V2[tie]', 'remove-delete-markers dm1,dm1,,'],
  ['V1 -> DM1, V2[latest tie]', 'unchanged'],
  ['V1, DM1[latest] -> V2', 'unchanged'],
  ['V1, DM1[latest] -> DM2', 'unchanged'],
  ['-> DM1, DM2[tie], DM3', 'remove-delete-markers dm3,dm3,, dm1,dm3,, dm2,dm3,,'],
  // What is exposed in the end is not what this mode decides.
  ['V1, V2[tie] -> DM1', 'remove-delete-markers dm1,dm1,,'],
  ['V1, DM1[tie] -> DM2', 'remove-delete-markers dm2,dm2,,'],
  ['-> V1, V2[tie], DM1', 'remove-delete-markers dm1,dm1,,'],
]);

planTable(
  'Delete Marker Removal with markers: copy, by last_modified',
  { mode: 'delete-marker-removal', markers: 'copy' },
  [
    // Now it does: one of the two is copied.
    ['V1, V2[tie] -> DM1', 'ambiguous'],
    ['V1, DM1[tie] -> DM2', 'ambiguous'],
    ['-> V1, V2[tie], DM1', 'ambiguous'],
    ['V1 -> V2, DM1[tie], DM2', 'copy v2,dm2,10,STANDARD'],
    ['V1, V2[tie], DM1 -> DM2', 'unchanged'],
    ['V1, V2[tie] -> V3', 'unchanged'],
    ['V1, V2[tie], DM1 ->', 'unchanged'],
    ['DM1, DM2[tie] -> DM3', 'unchanged'],
  ],
);
planTable(
  'Delete Marker Removal with markers: copy, by ordinal',
  { mode: 'delete-marker-removal', markers: 'copy', order: 'ordinal' },
  [
    ['V2, V1[tie] -> DM1', 'copy v1,dm1,10,STANDARD'],
    ['DM1, V1[tie] -> DM2', 'copy v1,dm2,10,STANDARD'],
    ['V1, DM1[tie] -> DM2', 'unchanged'],
    ['-> V2, V1[tie], DM1', 'copy v1,dm1,10,STANDARD'],
    // A replica keeps the time of its source: DM1 existed at P, and lies above V2.
    ['V1 -> V2[at=5], DM1[at=-5], DM2[at=9]', 'unchanged'],
  ],
);

planTable('Copy to Bucket by last_modified', { mode: 'copy-to-bucket' }, [
  ['V1, V2[tie] -> V3', 'ambiguous'],
  ['V1, DM1[tie] -> V3', 'ambiguous'],
  ['V1, V2[tie] ->', 'copy v2,v2,10,STANDARD'],
  ['V1[latest], V2[tie] ->', 'copy v1,v1,10,STANDARD'],
  ['DM1, DM2[tie] -> V1', 'absent'],
  ['V1, V2[tie], V3 ->', 'copy v3,v3,10,STANDARD'],
]);
