import { expect, test } from 'vitest';
import type { RowOutcome } from '../../src/execute/journal.ts';
import type { EndedRow } from '../../src/execute/outcome-rows.ts';
import { outcomeOf } from '../../src/execute/task-context.ts';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import { OUTCOMES } from '../../src/s3/outcome.ts';
import type { Operation } from '../../src/s3/rollback.ts';
import { undoOf } from '../../src/undo/undo-rows.ts';

/** The table of undo (semantics, section 6), one line a case: what ran, and the row that takes it back. */

const ended = (planned: Partial<PlannedRow>, result: Partial<RowOutcome>): EndedRow => ({
  row: {
    bucket: 'data',
    key: 'k',
    versionId: null,
    currentVersionId: 'B',
    size: 1,
    storageClass: null,
    ...planned,
  },
  result: outcomeOf('done', result),
});
const version = (fields: { size?: number; storageClass?: string; versionId?: string } = {}) =>
  ({ kind: 'version', size: 7, storageClass: 'STANDARD', ...fields }) as const;
const MARKER = { kind: 'marker' } as const;

type Undo = { scenario: string; row: Partial<PlannedRow> } | null;

test.each<[string, Operation, EndedRow[], Undo]>([
  [
    'an added marker',
    'add-delete-marker',
    [ended({}, { newVersionId: 'M', before: version() })],
    { scenario: '2', row: { versionId: 'M', currentVersionId: 'M', exposedVersionId: 'B' } },
  ],
  [
    'removed markers',
    'remove-delete-markers',
    [ended({ versionId: 'M2' }, { newVersionId: 'V1' }), ended({ versionId: 'M1' }, { newVersionId: 'V1' })],
    { scenario: '1', row: { versionId: null, currentVersionId: 'V1' } },
  ],
  [
    'markers removed one after the other',
    'remove-delete-markers',
    [ended({ versionId: 'M2' }, { newVersionId: 'M1' }), ended({ versionId: 'M1' }, { newVersionId: 'V1' })],
    { scenario: '1', row: { versionId: null, currentVersionId: 'V1' } },
  ],
  [
    'one of two markers: the key is still deleted',
    'remove-delete-markers',
    [
      ended({ versionId: 'M2' }, { newVersionId: 'M1' }),
      ended({ versionId: 'M1' }, { outcome: 'denied', newVersionId: null }),
    ],
    null,
  ],
  [
    'markers with nothing below',
    'remove-delete-markers',
    [ended({ versionId: 'M' }, { newVersionId: null })],
    null,
  ],
  [
    'a copy over a version',
    'copy',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: version() })],
    { scenario: '3b', row: { versionId: 'B', currentVersionId: 'C', size: 7, storageClass: 'STANDARD' } },
  ],
  [
    'a copy over another version than the plan’s',
    'copy',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: version({ versionId: 'B2' }) })],
    { scenario: '3b', row: { versionId: 'B2', currentVersionId: 'C' } },
  ],
  [
    'a copy over an archived version',
    'copy',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: version({ storageClass: 'DEEP_ARCHIVE' }) })],
    { scenario: '3a', row: { versionId: 'B', currentVersionId: 'C', storageClass: 'DEEP_ARCHIVE' } },
  ],
  [
    'a copy over a version of 5 GiB',
    'copy',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: version({ size: 5_368_709_120 }) })],
    { scenario: '3b', row: { versionId: 'B', currentVersionId: 'C' } },
  ],
  [
    'a copy over a version of more',
    'copy-multipart',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: version({ size: 5_368_709_121 }) })],
    { scenario: '3c', row: { versionId: 'B', currentVersionId: 'C' } },
  ],
  [
    'a copy over a marker',
    'copy',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: MARKER })],
    { scenario: '1', row: { versionId: null, currentVersionId: 'C' } },
  ],
  [
    'a copy to another bucket',
    'copy-to-bucket',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: { kind: 'none' } })],
    { scenario: '1', row: { versionId: null, currentVersionId: 'C' } },
  ],
  [
    'a copy over an object of another bucket',
    'copy-to-bucket',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: version({ versionId: 'D' }) })],
    { scenario: '3b', row: { versionId: 'D', currentVersionId: 'C', size: 7 } },
  ],
  [
    'a copy over a null version of another bucket, whose source was null too',
    'copy-to-bucket',
    [
      ended(
        { versionId: 'null', currentVersionId: 'null' },
        { newVersionId: 'C', before: version({ versionId: 'null' }) },
      ),
    ],
    { scenario: '3b', row: { versionId: 'null', currentVersionId: 'C' } },
  ],
  [
    'a copy over an archived object of another bucket',
    'copy-to-bucket',
    [
      ended(
        { versionId: 'A' },
        { newVersionId: 'C', before: version({ versionId: 'D', storageClass: 'GLACIER' }) },
      ),
    ],
    { scenario: '3a', row: { versionId: 'D', currentVersionId: 'C', storageClass: 'GLACIER' } },
  ],
  [
    'a restored version, copied over an object of another bucket',
    'copy-after-restore',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: version({ versionId: 'D' }) })],
    { scenario: '3b', row: { versionId: 'D', currentVersionId: 'C' } },
  ],
  [
    'a copy over a marker of another bucket',
    'copy-to-bucket',
    [ended({ versionId: 'A' }, { newVersionId: 'C', before: MARKER })],
    { scenario: '1', row: { versionId: null, currentVersionId: 'C' } },
  ],
  ['a copy without a version of its own', 'copy', [ended({ versionId: 'A' }, { newVersionId: null })], null],
])('%s', (_name, operation, rows, expected) => {
  const undo = undoOf(operation, 'written', { key: 'k', rows });
  if (expected === null) expect(undo).toBeNull();
  else expect(undo).toMatchObject({ ...expected, row: { bucket: 'written', key: 'k', ...expected.row } });
});

test.each(OUTCOMES.filter((outcome) => outcome !== 'done'))(
  'nothing that ended %s is taken back',
  (outcome) => {
    const fields = { outcome, newVersionId: 'C', before: version() };
    for (const operation of ['add-delete-marker', 'remove-delete-markers', 'copy', 'copy-to-bucket'] as const)
      expect(undoOf(operation, 'data', { key: 'k', rows: [ended({ versionId: 'A' }, fields)] })).toBeNull();
  },
);
