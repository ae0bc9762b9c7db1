import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { mergeMetadata } from '../../src/inventory/merge-metadata.ts';
import { type Requesters, readRequesters } from '../../src/inventory/requesters.ts';
import { metadataSource } from '../../src/inventory/s3-metadata.ts';
import { loadSql } from '../../src/render/sql.ts';
import { runCommand } from '../cli/run-command.ts';
import type { Record as JournalRecord } from './history.ts';
import { journalStatements, tablesAt } from './tables.ts';

/** Plans from the merged tables: what the journal tells that no inventory does. */

const POINT_IN_TIME = '2026-03-10T12:00:00Z';
const HOUR = 3600;

type Event = readonly [
  type: 'put' | 'marker' | 'purge' | 'lifecycle' | 'upload',
  versionId: string,
  /** seconds from the point in time */
  at: number,
  /** upload: when it was begun */
  begun?: number,
];

/** Keys by what happened to them, and the class and version that the plan has to find. */
const CASES: [key: string, events: Event[], expected: string][] = [
  [
    'overwritten',
    [
      ['put', 'v1', -HOUR],
      ['put', 'v2', HOUR],
    ],
    'copy v1',
  ],
  [
    'deleted',
    [
      ['put', 'v1', -HOUR],
      ['marker', 'm1', HOUR],
    ],
    'remove-delete-markers m1',
  ],
  [
    'one second, in the order of the journal',
    [
      ['put', 'z', -60],
      ['put', 'a', -60],
      ['put', 'v3', HOUR],
    ],
    'copy a',
  ],
  [
    'upload completed later',
    [
      ['put', 'v1', -HOUR],
      ['upload', 'u1', HOUR, -60],
    ],
    'copy v1',
  ],
  ['upload completed later, nothing before', [['upload', 'u1', HOUR, -60]], 'add-delete-marker'],
  [
    'upload completed before',
    [
      ['put', 'v1', -HOUR],
      ['upload', 'u1', -30, -60],
      ['put', 'v3', HOUR],
    ],
    'copy u1',
  ],
  [
    'current version purged',
    [
      ['put', 'v1', -2 * HOUR],
      ['put', 'v2', -HOUR],
      ['purge', 'v2', HOUR],
    ],
    'uncertain-expired',
  ],
  [
    'delete marker purged',
    [
      ['put', 'v1', -2 * HOUR],
      ['marker', 'm1', -HOUR],
      ['purge', 'm1', HOUR],
    ],
    'uncertain-expired',
  ],
  [
    'purged and overwritten',
    [
      ['put', 'v1', -HOUR],
      ['put', 'v2', HOUR],
      ['purge', 'v1', 2 * HOUR],
    ],
    'uncertain-expired',
  ],
  [
    'null version replaced',
    [
      ['put', '', -HOUR],
      ['put', '', HOUR],
    ],
    'uncertain-expired',
  ],
  [
    'null version under a null marker',
    [
      ['put', 'v1', -2 * HOUR],
      ['put', '', -HOUR],
      ['marker', '', HOUR],
    ],
    'uncertain-expired',
  ],
  [
    'noncurrent version purged',
    [
      ['put', 'v1', -2 * HOUR],
      ['put', 'v2', -HOUR],
      ['purge', 'v1', HOUR],
    ],
    'unchanged',
  ],
  [
    'later version purged',
    [
      ['put', 'v1', -HOUR],
      ['put', 'v2', HOUR],
      ['purge', 'v2', 2 * HOUR],
    ],
    'unchanged',
  ],
  [
    'purged before',
    [
      ['put', 'v1', -2 * HOUR],
      ['put', 'v2', -HOUR],
      ['purge', 'v2', -60],
    ],
    'unchanged',
  ],
  [
    'lifecycle, and nothing written',
    [
      ['put', 'v1', -2 * HOUR],
      ['put', 'v2', -HOUR],
      ['lifecycle', 'v1', 60 * HOUR],
    ],
    'unchanged',
  ],
  [
    'lifecycle, sooner than a day',
    [
      ['put', 'v1', -HOUR],
      ['put', 'v2', HOUR],
      ['lifecycle', 'v0', 2 * HOUR],
    ],
    'copy v1',
  ],
  [
    'lifecycle, of what was current',
    [
      ['put', 'v1', -HOUR],
      ['put', 'v2', HOUR],
      ['lifecycle', 'v1', 60 * HOUR],
    ],
    'uncertain-expired',
  ],
  [
    'purged, written before the journal began',
    [
      ['put', 'v2', HOUR],
      ['purge', 'v0', 2 * HOUR],
    ],
    'uncertain-expired',
  ],
  [
    'purged from below what the journal knows',
    [
      ['put', 'v1', -HOUR],
      ['purge', 'v0', HOUR],
    ],
    'unchanged',
  ],
];

let scratch: string;
let inventory: string;
let requesters: Requesters;
let ofPurged: Requesters;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 's3-rewind-metadata-'));
  inventory = join(scratch, 'inventory.parquet');
  const engine = await openDuckDb({ workFolder: scratch, memoryLimit: '500MB', threads: 1 });
  try {
    const records = CASES.flatMap(([key, events]) => events.map((event) => toRecord(key, event)));
    for (const statement of journalStatements(records, 0)) await engine.run(statement);
    const sql = await loadSql('duckdb');
    const calls = {
      sql,
      run: (text: string) => engine.run(text),
      rows: (text: string) => engine.rows(text),
    };
    const { view } = await mergeMetadata(
      calls,
      tablesAt((table) => [table]),
      {
        bucket: 'data',
        pointInTime: POINT_IN_TIME,
        multipartWindowSeconds: 24 * HOUR,
        noncurrentExpirationDays: null,
        database: '',
      },
      null,
    );
    requesters = await readRequesters(calls, view, []);
    ofPurged = await readRequesters(calls, view, ['purged', "o'", 'lifecycle, of']);
    await engine.run(`COPY inventory TO '${inventory}' (FORMAT parquet)`);
    const columns = await engine.rows('DESCRIBE inventory');
    expect(columns.map(({ column_name, column_type }) => ({ name: column_name, type: column_type }))).toEqual(
      metadataSource('data', new Date()).sourceColumns,
    );
  } finally {
    engine.close();
  }
});
afterAll(() => rmSync(scratch, { recursive: true }));

async function plan(name: string, ...options: string[]) {
  const out = join(scratch, name);
  const given = ['plan', '--inventory', inventory, '--bucket', 'data', '--timestamp', POINT_IN_TIME];
  const { status, stderr } = await runCommand(...given, '--out', out, '--quiet', '--json', ...options);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return (path: string) => readFileSync(join(out, path), 'utf8');
}

describe('Bucket Rollback', () => {
  let rows: string[];
  let uncertain: string;
  beforeAll(async () => {
    const read = await plan('rollback');
    rows = ['1', '2', '3b'].flatMap((scenario) =>
      read(`manifests/scenario${scenario}.csv`).trim().split('\n'),
    );
    uncertain = read('review/uncertain-expired.csv');
  });

  test.each(CASES)('%s', (key, _, expected) => {
    const [name = '', versionId = ''] = expected.split(' ');
    const encoded = encodeURIComponent(key);
    const row = rows.find((line) => line.split(',')[1] === encoded);
    const isReviewed = uncertain.split('\n').some((line) => line.startsWith(`${encoded},`));
    expect(isReviewed).toBe(name === 'uncertain-expired');
    if (['unchanged', 'uncertain-expired'].includes(name)) expect(row).toBeUndefined();
    else expect(row?.split(',')[2]).toBe(versionId);
  });

  test('the list says what the journal shows, not what a lifecycle rule may have done', () => {
    for (const line of uncertain.trim().split('\n').slice(1))
      expect(line).toContain('the journal shows that');
  });
});

/** What the cases say of a requester after the point in time. */
function toldOf(requester: string, prefixes: readonly string[] = ['']) {
  const events = CASES.filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix))).flatMap(
    ([key, all]) =>
      all
        .filter(([type, , at]) => at > 0 && (type === 'lifecycle') === (requester === 's3.amazonaws.com'))
        .map(([type]) => ({ key, type })),
  );
  const count = (...types: string[]) => events.filter(({ type }) => types.includes(type)).length;
  return {
    requester,
    puts: count('put', 'upload'),
    deleteMarkers: count('marker'),
    permanentDeletions: count('purge', 'lifecycle'),
    keys: new Set(events.map(({ key }) => key)).size,
  };
}

test('the journal tells who did it, and what S3 Lifecycle did', () => {
  const [person, lifecycle] = [toldOf('123456789012'), toldOf('s3.amazonaws.com')];
  expect(person.puts + person.deleteMarkers + person.permanentDeletions).toBeGreaterThan(10);
  expect(lifecycle.permanentDeletions).toBe(3);
  expect(requesters).toEqual({ top: [person, lifecycle], total: 2 });
});

test('only the scope of the plan counts', () => {
  const scope = ['purged', "o'", 'lifecycle, of'];
  expect(ofPurged).toEqual({
    top: [toldOf('123456789012', scope), toldOf('s3.amazonaws.com', scope)],
    total: 2,
  });
});

test('included, they fall back into what the entries that are left make of them', async () => {
  const read = await plan('included', '--include-uncertain', 'uncertain-expired');
  expect(read('manifests/scenario3b.csv')).not.toContain('purged%20and%20overwritten');
  expect(read('manifests/scenario1.csv')).toContain('purged%20and%20overwritten');
});

test('Delete Marker Removal does not ask what was current at the point in time', async () => {
  const read = await plan('markers', '--mode', 'delete-marker-removal');
  expect(read('manifests/scenario4.csv')).toContain('null%20version%20under%20a%20null%20marker');
  expect(JSON.parse(read('plan.json')).reviewLists).toEqual([]);
});

test('Copy to Bucket leaves them alone too', async () => {
  const read = await plan('copies', '--mode', 'copy-to-bucket', '--destination-bucket', 'copies');
  expect(read('review/uncertain-expired.csv')).toContain('delete%20marker%20purged');
  expect(read('manifests/scenario5b.csv')).not.toContain('delete%20marker%20purged');
});

let records = 0;

function toRecord(key: string, [type, versionId, at, begun]: Event): JournalRecord {
  records += 1;
  const timeMs = Date.parse(POINT_IN_TIME) + at * 1000;
  const isPurge = type === 'purge' || type === 'lifecycle';
  const isMarker = type === 'marker';
  return {
    key,
    versionId: versionId === '' ? 'null' : versionId,
    sequence: `80${String(records).padStart(6, '0')}`,
    type: isPurge || isMarker ? 'DELETE' : 'CREATE',
    // Records come a moment after what they tell of.
    timeMs: timeMs + 250,
    isMarker: isPurge ? null : isMarker,
    size: isPurge || isMarker ? null : 10,
    lastModifiedMs: isPurge ? null : Date.parse(POINT_IN_TIME) + (begun ?? at) * 1000,
    storageClass: isPurge || isMarker ? null : 'STANDARD',
    isMultipart: isPurge ? null : type === 'upload',
    requester: type === 'lifecycle' ? 's3.amazonaws.com' : '123456789012',
  };
}
