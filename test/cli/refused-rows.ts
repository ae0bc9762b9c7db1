import { gzipSync } from 'node:zlib';
import { BUCKET, CSV_COLUMNS } from '../inventory/history.ts';
import { GOOD_ROW, HEADER } from './csv-lines.ts';
import type { Refusal } from './refusal.ts';

/** A file whose third line has other values than a good row. */
function thirdLine(change: Partial<Record<(typeof CSV_COLUMNS)[number], string>>): Record<string, string> {
  const values = {
    ...Object.fromEntries(CSV_COLUMNS.map((name, index) => [name, GOOD_ROW.split(',')[index] ?? ''])),
    key_name: 'bad',
  };
  return lines(GOOD_ROW, Object.values({ ...values, ...change }).join(','));
}

function lines(...rows: (string | Buffer)[]): Record<string, string> {
  return { 'inventory.csv': [HEADER, ...rows, ''].join('\n') };
}

const stack = (...rows: string[]) =>
  lines(GOOD_ROW, ...rows.map((row) => `${BUCKET},k,${row},1,2025-08-22T11:02:00Z,STANDARD,e`));

/** Rows that make an inventory unreadable, or contradict others. The bad one stands in line 3, if nothing else is said. */
export const REFUSED_ROWS: Refusal[] = [
  {
    name: 'too few values',
    files: lines(GOOD_ROW, `${BUCKET},bad,v1`),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /inventory\.csv, line 3: it has 3 values for 9 columns/,
    hint: /no row is skipped/,
  },
  {
    name: 'too many values',
    files: lines(GOOD_ROW, `${GOOD_ROW},more`),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it has 10 values for 9 columns/,
    hint: /no row is skipped/,
  },
  {
    name: 'an open quote',
    files: lines(GOOD_ROW, `"${GOOD_ROW}`, GOOD_ROW),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: a quoted value does not end/,
    hint: /correct the line/,
  },
  {
    name: 'a size that is no number',
    files: thirdLine({ size: '1 KB' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is '1 KB', which is not a whole number/,
    hint: /correct the file/,
  },
  {
    name: 'a size with a fraction',
    files: thirdLine({ size: '1.5' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is '1\.5', which is not a whole number \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a size with an exponent',
    files: thirdLine({ size: '1e3' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is '1e3', which is not a whole number \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a size with an underscore',
    files: thirdLine({ size: '1_000' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is '1_000', which is not a whole number \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a size in hexadecimal digits',
    files: thirdLine({ size: '0x1F' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is '0x1F', which is not a whole number \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a size with a space',
    files: thirdLine({ size: ' 12' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is ' 12', which is not a whole number \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a negative size',
    files: thirdLine({ size: '-5' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is '-5', which is not a whole number \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a size beyond 64 bits',
    files: thirdLine({ size: '9223372036854775808' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: size is '9223372036854775808', which is not a whole number \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'no size',
    files: thirdLine({ size: '' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it is an object version without a size \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a boolean that is none',
    files: thirdLine({ is_latest: 'perhaps' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: is_latest is 'perhaps', which is not true or false/,
    hint: /correct the file/,
  },
  {
    name: 'yes for is_latest',
    files: thirdLine({ is_latest: 'yes' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: is_latest is 'yes', which is not true or false \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'no for is_latest',
    files: thirdLine({ is_latest: 'no' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: is_latest is 'no', which is not true or false \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: '1 for delete_marker',
    files: thirdLine({ delete_marker: '1' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: delete_marker is '1', which is not true or false \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 't for delete_marker',
    files: thirdLine({ delete_marker: 't' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: delete_marker is 't', which is not true or false \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'tRUE for delete_marker',
    files: thirdLine({ delete_marker: 'tRUE' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: delete_marker is 'tRUE', which is not true or false \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'no is_latest',
    files: thirdLine({ is_latest: '' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it does not say whether it is the current entry/,
    hint: /correct the file/,
  },
  {
    name: 'no delete marker value',
    files: thirdLine({ delete_marker: '' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it does not say whether it is a delete marker/,
    hint: /correct the file/,
  },
  {
    name: 'a day that does not exist',
    files: thirdLine({ last_modified: '2025-02-30T00:00:00Z' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: last_modified is '2025-02-30T00:00:00Z', which is not a date with a time/,
    hint: /correct the file/,
  },
  {
    name: 'a date without a time',
    files: thirdLine({ last_modified: '2025-08-22' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: last_modified is '2025-08-22', which is not a date with a time \(key 'bad'\)/,
    hint: /correct the file/,
  },
  {
    name: 'an hour without minutes',
    files: thirdLine({ last_modified: '2025-08-22T11Z' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: last_modified is '2025-08-22T11Z', which is not a date with a time/,
    hint: /correct the file/,
  },
  {
    name: 'a local format of time',
    files: thirdLine({ last_modified: '22.08.2025 11:00' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: .*'22\.08\.2025 11:00'/,
    hint: /correct the file/,
  },
  {
    name: 'no time',
    files: thirdLine({ last_modified: '' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it has no last-modified time/,
    hint: /correct the file/,
  },
  {
    name: 'no key',
    files: thirdLine({ key_name: '' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it has no key/,
    hint: /correct the file/,
  },
  {
    name: 'no bucket',
    files: thirdLine({ bucket_name: '' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it has no bucket name/,
    hint: /correct the file/,
  },
  {
    name: 'a percent sign that is not encoded',
    files: thirdLine({ key_name: '100%' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: its key is not URL-encoded.*'100%'/,
    hint: /correct the file/,
  },
  {
    name: 'a key that is not UTF-8 once decoded',
    files: thirdLine({ key_name: 'a%FF' }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: its key is not UTF-8 once decoded \(key 'a%FF'\)/,
    hint: /correct the file/,
  },
  {
    name: 'a key over 1,024 bytes',
    files: thirdLine({ key_name: `${'%C3%BC'.repeat(512)}x` }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: its key is longer than 1024 bytes/,
    hint: /correct the file/,
  },
  {
    name: 'bytes that are not UTF-8',
    files: {
      'a.csv': Buffer.from(`${HEADER}\n${GOOD_ROW}\n${GOOD_ROW.replace('good', 'gr\u00fcn')}\n`, 'latin1'),
    },
    code: 'INVENTORY_ROW_MALFORMED',
    message: /a\.csv, line 3: it is not UTF-8/,
    hint: /correct the line/,
  },
  {
    name: 'a row that never ends',
    files: thirdLine({ key_name: 'k'.repeat(2_100_000) }),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 3: it is longer than any row/,
    hint: /correct the line/,
  },
  {
    name: 'the right line after blank ones and quoted line breaks',
    files: lines(
      '',
      `"${GOOD_ROW.split(',').join('","')}"`,
      '',
      GOOD_ROW.replace('good', '"a\nb"'),
      `x${GOOD_ROW}`,
    ),
    code: 'INVENTORY_FOREIGN_BUCKET',
    message: /line 7 belongs to the bucket 'xexample-bucket'/,
    hint: /--bucket xexample-bucket/,
  },
  {
    name: 'the same, where DuckDB finds it',
    files: lines('', GOOD_ROW.replace('good', '"a\nb"'), 'x'),
    code: 'INVENTORY_ROW_MALFORMED',
    message: /line 5: it has 1 value for 9 columns/,
    hint: /correct the line/,
  },
  {
    name: 'the right file and line in a compressed one',
    files: {
      'a.csv': `${HEADER}\n${GOOD_ROW}\n`,
      'b.csv.gz': gzipSync(`${HEADER}\n${GOOD_ROW}\n${GOOD_ROW.replace('STANDARD', '"')}\n`),
    },
    code: 'INVENTORY_ROW_MALFORMED',
    message: /b\.csv\.gz, line 3: /,
    hint: /correct the line/,
  },
  {
    name: 'another bucket',
    files: thirdLine({ bucket_name: 'other-bucket' }),
    code: 'INVENTORY_FOREIGN_BUCKET',
    message: /line 3 belongs to the bucket 'other-bucket'/,
    hint: /--bucket other-bucket/,
  },
  {
    name: 'another bucket with a hostile name',
    files: thirdLine({ bucket_name: '\x1b]0;pwned\x07\u202e' }),
    code: 'INVENTORY_FOREIGN_BUCKET',
    message: /the bucket '\\x1b\]0;pwned\\x07\\u\{202e\}'/,
    hint: /of this bucket alone$/,
  },
  {
    name: 'two current entries',
    files: stack('v1,True,False', 'v2,True,False'),
    code: 'INVENTORY_INCONSISTENT',
    message: /The key 'k' has 2 current entries/,
    hint: /take the inventory again/,
  },
  {
    name: 'no current entry',
    files: stack('v1,False,False', 'v2,False,False'),
    code: 'INVENTORY_INCONSISTENT',
    message: /The key 'k' has no current entr/,
    hint: /take the inventory again/,
  },
  {
    name: 'the same version ID twice',
    files: stack('v1,True,False', 'v1,False,False'),
    code: 'INVENTORY_INCONSISTENT',
    message: /The key 'k' has a version ID twice/,
    hint: /take the inventory again/,
  },
];
