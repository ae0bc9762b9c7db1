import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { planSchema } from '../../src/plan/plan-file.ts';
import { scratchFolder } from '../cli/scratch-folder.ts';
import { HISTORY, toCsv } from '../inventory/history.ts';
import { writeReport } from '../inventory/inventory-report.ts';
import { planOf } from '../inventory/plan-of.ts';

/** plan.json is read by others: it is what the JSON Schema, made from the same source, says it is. */

const scratch = scratchFolder();
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(z.toJSONSchema(planSchema));

function inventory(): string {
  const path = join(scratch, 'inventory.csv');
  writeFileSync(path, toCsv(HISTORY));
  return path;
}

describe('plan.json fits its JSON Schema', () => {
  const PLANS: [name: string, options: string[]][] = [
    ['Bucket Rollback', []],
    ['Bucket Rollback of nothing', ['--timestamp', '2025-08-22T12:00:00Z']],
    [
      'Bucket Rollback with everything set',
      [
        '--prefix',
        'docs/',
        '--kms-key-arn',
        'arn:aws:kms:eu-west-1:111122223333:key/abc',
        '--noncurrent-expiration-days',
        '1',
        '--inventory-time',
        '2025-08-23T00:00:00Z',
        '--include-uncertain',
        'ambiguous,uncopyable',
      ],
    ],
    ['Delete Marker Removal', ['--mode', 'delete-marker-removal']],
    ['Copy to Bucket', ['--mode', 'copy-to-bucket', '--destination-bucket', 'copy-bucket']],
  ];

  it.each(PLANS)('%s', async (_name, options) => {
    const plan = await planOf(scratch, [inventory()], ...options);
    expect(plan.stderr).toBe('');
    validate(JSON.parse(plan.files['plan.json'] ?? ''));
    expect(validate.errors).toBeNull();
  });

  it('of a report', async () => {
    const plan = await planOf(scratch, [await writeReport(join(scratch, 'report'), 'Parquet', [HISTORY])]);
    validate(JSON.parse(plan.files['plan.json'] ?? ''));
    expect(validate.errors).toBeNull();
  });

  it('which refuses what is not in it', () => {
    expect(validate({ schemaVersion: 1, more: true })).toBe(false);
  });
});
