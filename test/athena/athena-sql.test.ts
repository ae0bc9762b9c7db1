import { validate } from '@polyglot-sql/sdk';
import { describe, expect, test } from 'vitest';
import { renderMatrix } from './matrix.ts';
import { renderRetentionMatrix } from './retention-matrix.ts';

const matrix = await renderMatrix();
const texts = [...matrix, ...(await renderRetentionMatrix())];

describe('the Athena text of a plan and of an extension', () => {
  test.each(texts)('$name parses as Athena SQL and as Trino SQL', ({ queries }) => {
    for (const { name, text } of queries) {
      for (const dialect of ['athena', 'trino']) {
        const result = validate(text, dialect);
        expect(result.errors, `${name} as ${dialect}\n${text}`).toEqual([]);
        expect(result.valid).toBe(true);
      }
    }
  });

  test('the checker does refuse what is no SQL', () => {
    expect(validate('CREATE TABLE x AS SELECT FROM WHERE', 'trino').valid).toBe(false);
  });

  test.each(texts)('$name names no file of this machine and no function of DuckDB alone', ({ queries }) => {
    for (const { text } of queries) {
      expect(text).not.toMatch(
        /read_csv|read_parquet|epoch_[mu]s|make_timestamp|TRY_CAST|isfinite|strlen|strftime|list_slice|string_split|\/\//,
      );
    }
  });

  test.each(matrix)('$name gives a template that CloudFormation takes in a request', ({ template }) => {
    expect(Buffer.byteLength(template)).toBeLessThanOrEqual(51_200);
    expect(template).toContain('AWS::Glue::Table');
  });
});
