import { expect, test } from 'vitest';
import { mergeMetadata } from '../../src/inventory/merge-metadata.ts';
import { explainMetadataAccess } from '../../src/inventory/metadata-access.ts';
import { assessMetadata, type MetadataTables, metadataChecksum } from '../../src/inventory/s3-metadata.ts';
import { loadSql } from '../../src/render/sql.ts';
import type { MetadataConfiguration } from '../../src/s3/metadata-tables.ts';

const ACTIVE: MetadataConfiguration = {
  tableBucketType: 'aws',
  tableBucketArn: 'arn:aws:s3tables:eu-west-1:123456789012:bucket/aws-s3',
  namespace: 'b_my-data',
  journal: { name: 'journal', status: 'ACTIVE', error: '' },
  liveInventory: { name: 'inventory', status: 'ACTIVE', error: '' },
};
const live = (status: string, error = '') => ({
  ...ACTIVE,
  liveInventory: { name: 'inventory', status, error },
});

test('active tables are named as Athena writes them', () => {
  expect(assessMetadata(ACTIVE, 'my-data')).toEqual({
    tables: {
      journal: ['s3tablescatalog/aws-s3', 'b_my-data', 'journal'],
      journalProperties: ['s3tablescatalog/aws-s3', 'b_my-data', 'journal$properties'],
      liveInventory: ['s3tablescatalog/aws-s3', 'b_my-data', 'inventory'],
      journalHistory: {
        refs: ['s3tablescatalog/aws-s3', 'b_my-data', 'journal$refs'],
        snapshots: ['s3tablescatalog/aws-s3', 'b_my-data', 'journal$snapshots'],
      },
      liveInventoryHistory: {
        refs: ['s3tablescatalog/aws-s3', 'b_my-data', 'inventory$refs'],
        snapshots: ['s3tablescatalog/aws-s3', 'b_my-data', 'inventory$snapshots'],
      },
      tableBucketArn: ACTIVE.tableBucketArn,
    },
  });
});

test.each<[string, MetadataConfiguration | null, RegExp]>([
  ['no configuration', null, /no S3 Metadata configuration/],
  ['of before July 2025', { ...ACTIVE, tableBucketType: 'customer' }, /no live inventory table; enable one/],
  [
    'no live inventory',
    { ...ACTIVE, liveInventory: null },
    /update-bucket-metadata-inventory-table-configuration --bucket my-data/,
  ],
  ['no journal', { ...ACTIVE, journal: null }, /no journal table/],
  [
    'a journal that failed',
    {
      ...ACTIVE,
      journal: { name: 'journal', status: 'FAILED', error: 'AccessDeniedCreatingResources: denied' },
    },
    /journal table has failed: AccessDeniedCreatingResources: denied/,
  ],
  ['backfilling', live('BACKFILLING'), /being backfilled; it serves once its status is ACTIVE/],
  ['failed', live('FAILED'), /live inventory table has failed/],
  ['creating', live('CREATING'), /not ready: its status is CREATING/],
  ['a status that nobody knows', live(''), /not told/],
])('not usable: %s', (_, configuration, reason) => {
  expect(assessMetadata(configuration, 'my-data')).toEqual({ reason: expect.stringMatching(reason) });
});

const { tables } = assessMetadata(ACTIVE, 'my-data') as { tables: MetadataTables };
const access = {
  tables,
  bucket: 'my-data',
  region: 'eu-west-1',
  account: '123456789012',
  partition: 'aws',
  role: 'arn:aws:iam::123456789012:role/plan',
};
const who = 'User: arn:aws:sts::123456789012:assumed-role/plan/run is not authorized to perform:';

test.each<[string, string, RegExp, RegExp]>([
  [
    'not integrated',
    "CATALOG_NOT_FOUND: line 1:15: Catalog 's3tablescatalog/aws-s3' not found",
    /not integrated with the Glue Data Catalog/,
    /aws glue create-catalog --region eu-west-1 --name s3tablescatalog .*arn:aws:s3tables:eu-west-1:123456789012:bucket\/\*/,
  ],
  [
    'not integrated, as Glue says it',
    'com.amazonaws.services.glue.model.EntityNotFoundException: Catalog s3tablescatalog not found',
    /not integrated/,
    /create-catalog/,
  ],
  [
    'Lake Formation',
    'Insufficient Lake Formation permission(s): Required Select on journal (Service: AWSLakeFormation)',
    /Lake Formation keeps arn:aws:iam::123456789012:role\/plan from/,
    /grant-permissions .*role\/plan --permissions SELECT DESCRIBE --resource '\{"Table":\{"CatalogId":"123456789012:s3tablescatalog\/aws-s3","DatabaseName":"b_my-data","Name":"inventory"\}\}'.*"Name":"journal"/,
  ],
  [
    'Lake Formation hides every column',
    'COLUMN_NOT_FOUND: line 1:8: Relation contains no accessible columns',
    /Lake Formation keeps/,
    /grant-permissions/,
  ],
  [
    'GetDataAccess',
    `${who} lakeformation:GetDataAccess because no identity-based policy allows the action`,
    /role\/plan may not lakeformation:GetDataAccess/,
    /allow lakeformation:GetDataAccess to arn:aws:iam::123456789012:role\/plan;/,
  ],
  [
    'Glue',
    `${who} glue:GetTable on resource: arn:aws:glue:eu-west-1:123456789012:catalog/s3tablescatalog`,
    /may not glue:GetTable/,
    /allow glue:GetTable to/,
  ],
  [
    'table data',
    `PERMISSION_DENIED: ${who} s3tables:GetTableData`,
    /may not s3tables:GetTableData/,
    /allow s3tables:GetTableData to/,
  ],
  [
    'a KMS key',
    `${who} kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1`,
    /KMS key that arn:aws:iam::123456789012:role\/plan may not use/,
    /"Action":\["kms:Decrypt","kms:DescribeKey"\].*"kms:ViaService":\["s3tables\.eu-west-1\.amazonaws\.com"/,
  ],
  [
    'a table that is gone',
    "TABLE_NOT_FOUND: line 1:15: Table 's3tablescatalog/aws-s3.b_my-data.journal' does not exist",
    /are not in the catalog/,
    /get-bucket-metadata-configuration --bucket my-data/,
  ],
])('explained: %s', (_, text, message, hint) => {
  const error = explainMetadataAccess(text, access);
  expect(error).toMatchObject({
    code: 'METADATA_UNUSABLE',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  expect(error?.hint).toMatch(/--no-use-metadata$/);
});

test('any other failure is not explained away', () => {
  expect(explainMetadataAccess('Query exhausted resources at this scale factor', access)).toBeNull();
});

const options = {
  bucket: 'my-data',
  pointInTime: '2026-03-10T12:00:00Z',
  multipartWindowSeconds: 0,
  noncurrentExpirationDays: null,
  database: 'd',
};

test('the merge refuses with the explanation of what keeps it from the tables', async () => {
  const sql = await loadSql('athena');
  const failing = (message: string) => ({
    sql,
    run: async () => {},
    rows: () => Promise.reject(new Error(message)),
  });
  const denied = "CATALOG_NOT_FOUND: line 1:15: Catalog 's3tablescatalog/aws-s3' not found";
  await expect(mergeMetadata(failing(denied), tables, options, access)).rejects.toMatchObject({
    code: 'METADATA_UNUSABLE',
  });
  await expect(mergeMetadata(failing('no memory'), tables, options, access)).rejects.toThrow('no memory');
  const odd = { sql, run: async () => {}, rows: async () => [{ oldest_uncoalesced: 'yesterday' }] };
  await expect(mergeMetadata(odd, tables, options, access)).rejects.toMatchObject({
    code: 'METADATA_UNUSABLE',
    message: expect.stringContaining('yesterday'),
  });
});

test('both tables are read at one snapshot, the journal at one that is no older', async () => {
  const sql = await loadSql('athena');
  const texts: string[] = [];
  const calls = (answers: Record<string, unknown>[][]) => ({
    sql,
    rows: async (text: string) => {
      texts.push(text);
      return answers.shift() ?? [];
    },
    run: async (text: string) => {
      texts.push(text);
    },
  });
  const live = { snapshot_id: '8310837201293877291', committed_at: '2026-03-10T13:00:00Z' };
  const journal = { snapshot_id: '42', committed_at: '2026-03-10T13:05:00Z' };
  const boundary = { oldest_uncoalesced: String(Date.parse('2026-03-10T12:30:00Z')) };
  const merged = await mergeMetadata(calls([[boundary], [live], [journal]]), tables, options, access);
  const [first = '', second = '', third = '', merge = ''] = texts;
  expect(first).toContain('"journal$properties"');
  expect(second).toContain('"inventory$refs"');
  expect(third).toContain('"journal$refs"');
  expect(merge).toContain('"journal" FOR VERSION AS OF 42\n');
  expect(merge).toContain('"inventory" FOR VERSION AS OF 8310837201293877291\n');
  expect(merged.takenAt).toEqual(new Date(journal.committed_at));
  expect(merged.view.journalFrom).toBe('2026-03-10T11:45:00Z');

  texts.length = 0;
  const unwritten = await mergeMetadata(calls([[{ oldest_uncoalesced: null }]]), tables, options, access);
  expect(unwritten).toMatchObject({ takenAt: null, view: { journalFrom: null } });
  expect(texts[3]).toContain('FROM "s3tablescatalog/aws-s3"."b_my-data"."journal"');
  expect(texts[3]).not.toContain('FOR VERSION');
  expect(texts[3]).not.toContain('record_timestamp >=');

  const checksums = [
    merged.view,
    unwritten.view,
    { ...merged.view, journalSnapshot: '43' },
    { ...merged.view, liveInventorySnapshot: '1' },
    { ...merged.view, journalFrom: null },
  ].map(metadataChecksum);
  expect(new Set(checksums).size).toBe(checksums.length);
  expect(metadataChecksum({ ...merged.view, database: 'another' })).toBe(checksums[0]);
});

test.each(['x', '1; DROP', '-1', '12345678901234567890'])('%s is no snapshot', async (id) => {
  const sql = await loadSql('athena');
  const view = {
    ...{ journal: ['j'], journalSnapshot: id, bucket: 'b', pointInTime: options.pointInTime },
    ...{ prefixes: null, most: 1 },
  };
  expect(() => sql('metadata-requesters', view)).toThrow('snapshot ID expected');
});
