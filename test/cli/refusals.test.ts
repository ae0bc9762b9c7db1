import { describe, it } from 'vitest';
import { HISTORY, toCsv } from '../inventory/history.ts';
import { HEADER } from './csv-lines.ts';
import { expectRefusal, type Refusal } from './refusal.ts';
import { REFUSED_FILES } from './refused-files.ts';
import { REFUSED_OPTIONS } from './refused-options.ts';
import { REFUSED_ROWS } from './refused-rows.ts';
import { scratchFolder } from './scratch-folder.ts';

const scratch = scratchFolder();

const REFUSED_OUTPUTS: Refusal[] = [
  {
    name: 'an output folder that is not empty',
    files: { 'inventory.csv': toCsv(HISTORY), 'out/plan.json': '{}' },
    inventory: ['inventory.csv'],
    code: 'OUTPUT_NOT_EMPTY',
    message: /out is not empty: it holds 1 entry\./,
    hint: /another folder with --out/,
  },
  {
    name: 'an output folder with a hidden file',
    files: { 'inventory.csv': toCsv(HISTORY), 'out/.git/HEAD': '' },
    inventory: ['inventory.csv'],
    code: 'OUTPUT_NOT_EMPTY',
    message: /out is not empty/,
    hint: /another folder/,
  },
  {
    name: 'a file in place of the output folder',
    files: { 'inventory.csv': toCsv(HISTORY), out: 'text' },
    inventory: ['inventory.csv'],
    code: 'OUTPUT_NOT_WRITABLE',
    message: /out cannot be written: not a directory/,
    hint: /--out/,
  },
  {
    name: 'a file in place of its parent',
    options: { out: 'inventory.csv/deep/out' },
    code: 'OUTPUT_NOT_WRITABLE',
    message: /deep\/out cannot be written: not a directory/,
    hint: /--out/,
  },
  {
    name: 'a file in place of the work folder',
    options: { 'work-dir': '/dev/null/work' },
    code: 'OUTPUT_NOT_WRITABLE',
    message: /\/dev\/null\/work cannot be written: not a directory/,
    hint: /--work-dir/,
  },
  {
    name: 'parents that were made for it go again',
    files: { 'inventory.csv': `${HEADER}\n` },
    options: { out: 'new/deep/out' },
    code: 'INVENTORY_EMPTY',
    message: /no version entry/,
    hint: /check/,
  },
];

describe('files of the inventory', () => {
  it.each(REFUSED_FILES)('$name', (refusal) => expectRefusal(scratch, refusal));
});

describe('rows of the inventory', () => {
  it.each(REFUSED_ROWS)('$name', (refusal) => expectRefusal(scratch, refusal));
});

describe('options', () => {
  it.each(REFUSED_OPTIONS)('$name', (refusal) => expectRefusal(scratch, refusal));
});

describe('output folder', () => {
  it.each(REFUSED_OUTPUTS)('$name', (refusal) => expectRefusal(scratch, refusal));
});
