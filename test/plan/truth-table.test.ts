import { planTable } from './plan-table.ts';
import type { PlannedKey } from './planner.ts';

/**
 * The seeds' truth table (semantics, section 4), one line a row: the class in each mode with its manifest rows, and
 * after `undo:` the row of the undo manifest. Then null version IDs.
 */

type Row = readonly [stack: string, bucketRollback: string, markerRemoval: string, copyToBucket: string];

const TRUTH_TABLE: readonly Row[] = [
  [
    'V1 -> DM1',
    'remove-delete-markers dm1,dm1,, undo: ,v1,10,STANDARD',
    'remove-delete-markers dm1,dm1,, undo: ,v1,10,STANDARD',
    'copy v1,dm1,10,STANDARD',
  ],
  ['-> V1, DM1', 'already-absent', 'remove-delete-markers dm1,dm1,, undo: ,v1,10,STANDARD', 'absent'],
  ['V1, DM1 -> V2, DM2', 'already-absent', 'remove-delete-markers dm2,dm2,, undo: ,v2,10,STANDARD', 'absent'],
  // Removed down to DM1, which existed at P: the key stays deleted.
  ['V1, DM1 -> DM2', 'already-absent', 'remove-delete-markers dm2,dm2,, undo: ,dm1,,', 'absent'],
  [
    'V1 -> DM1, V2, DM2',
    'copy v1,dm2,10,STANDARD',
    'remove-delete-markers dm2,dm2,, undo: ,v2,10,STANDARD',
    'copy v1,dm2,10,STANDARD',
  ],
  ['V1 -> V2', 'copy v1,v2,10,STANDARD', 'unchanged', 'copy v1,v2,10,STANDARD'],
  ['-> V1', 'add-delete-marker ,v1,10,STANDARD', 'unchanged', 'absent'],
  [
    'V1 -> DM1, DM2, DM3',
    'remove-delete-markers dm3,dm3,, dm2,dm3,, dm1,dm3,, undo: ,v1,10,STANDARD',
    'remove-delete-markers dm3,dm3,, dm2,dm3,, dm1,dm3,, undo: ,v1,10,STANDARD',
    'copy v1,dm3,10,STANDARD',
  ],
  ['V1 ->', 'unchanged', 'unchanged', 'copy v1,v1,10,STANDARD'],
  ['V1, DM1 -> V2', 'add-delete-marker ,v2,10,STANDARD', 'unchanged', 'absent'],
  // Nothing is left of the key then, so that the undo names no current entry.
  ['-> DM1', 'already-absent', 'remove-delete-markers dm1,dm1,, undo: ,,,', 'absent'],
];

const NULL_VERSIONS: readonly Row[] = [
  [
    'V1[id=null] -> DM1',
    'remove-delete-markers dm1,dm1,, undo: ,null,10,STANDARD',
    'remove-delete-markers dm1,dm1,, undo: ,null,10,STANDARD',
    'copy null,dm1,10,STANDARD',
  ],
  [
    'V1 -> DM1[id=null]',
    'remove-delete-markers null,null,, undo: ,v1,10,STANDARD',
    'remove-delete-markers null,null,, undo: ,v1,10,STANDARD',
    'copy v1,null,10,STANDARD',
  ],
  ['-> V1[id=null]', 'add-delete-marker ,null,10,STANDARD', 'unchanged', 'absent'],
  // An empty version ID is S3's null version, never "no version".
  ['V1[id=] -> V2', 'copy null,v2,10,STANDARD', 'unchanged', 'copy null,v2,10,STANDARD'],
  ['V1[id=] ->', 'unchanged', 'unchanged', 'copy null,null,10,STANDARD'],
  [
    'V1 -> DM1[id=], DM2',
    'remove-delete-markers dm2,dm2,, null,dm2,, undo: ,v1,10,STANDARD',
    'remove-delete-markers dm2,dm2,, null,dm2,, undo: ,v1,10,STANDARD',
    'copy v1,dm2,10,STANDARD',
  ],
];

for (const format of ['csv', 'parquet'] as const) {
  const lines = (column: number) =>
    [...TRUTH_TABLE, ...NULL_VERSIONS].map((row) => [row[0], row[column] ?? ''] as const);
  planTable(`Bucket Rollback (${format})`, { format }, lines(1), tellWithUndo);
  const removal = { format, mode: 'delete-marker-removal' } as const;
  planTable(`Delete Marker Removal (${format})`, removal, lines(2), tellWithUndo);
  planTable(`Copy to Bucket (${format})`, { format, mode: 'copy-to-bucket' }, lines(3), tellWithUndo);
}

function tellWithUndo({ class: name, rows, undo }: PlannedKey): string {
  return [name, ...rows, ...undo.map((row) => `undo: ${row}`)].join(' ');
}
