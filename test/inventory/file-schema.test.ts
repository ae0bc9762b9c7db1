import { expect, test } from 'vitest';
import { parseFileSchema } from '../../src/inventory/file-schema.ts';

/** The three spellings of "Inventory manifest" in the Amazon S3 User Guide, shortened. */
test.each([
  [
    'Bucket, Key, VersionId, IsLatest, Size',
    'bucket:VARCHAR key:VARCHAR versionid:VARCHAR islatest:VARCHAR size:VARCHAR',
  ],
  [
    'message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional boolean is_latest; optional int64 size; optional int64 last_modified_date (TIMESTAMP_MILLIS); optional binary e_tag (UTF8);}',
    'bucket:VARCHAR key:VARCHAR is_latest:BOOLEAN size:BIGINT last_modified_date:TIMESTAMP e_tag:VARCHAR',
  ],
  [
    'message m { required binary bucket (STRING); optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); optional int32 n; }',
    'bucket:VARCHAR last_modified_date:TIMESTAMP WITH TIME ZONE n:INTEGER',
  ],
  [
    'struct<bucket:string,key:string,is_latest:boolean,size:bigint,last_modified_date:timestamp,e_tag:string>',
    'bucket:VARCHAR key:VARCHAR is_latest:BOOLEAN size:BIGINT last_modified_date:TIMESTAMP e_tag:VARCHAR',
  ],
])('%s', (schema, expected) => {
  const columns = parseFileSchema(schema).map(({ name, type }) => `${name.toLowerCase()}:${type}`);
  expect(columns.join(' ')).toBe(expected);
});
