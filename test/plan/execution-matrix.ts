import { parsePlanInputs, type RawPlanInputs } from '../../src/plan/inputs.ts';
import { type RollbackTemplateOptions, renderRollbackTemplate } from '../../src/plan/template.ts';
import { type CopyChoice, MODE_SCENARIOS, MODES, type Scenario } from '../../src/s3/rollback.ts';
import { TASK_CODE } from './task-code-fixture.ts';

export const ROLLBACK_ID = 'rb-my-bucket-20250830t020000z-0a1b2c3d';
const NOW = new Date('2025-09-01T00:00:00Z');

/** The template of a plan, with a line or two of options. */
export async function templateOf(
  raw: Partial<RawPlanInputs>,
  given: Partial<Omit<RollbackTemplateOptions, 'manifests'>> & {
    scenarios?: readonly Scenario[];
    copyWith?: CopyChoice;
  } = {},
): Promise<string> {
  const { scenarios, copyWith, ...options } = given;
  const inputs = parsePlanInputs(
    { bucket: 'my-bucket', timestamp: '2025-08-30T02:00:00Z', ...raw, copyWith },
    NOW,
  );
  return renderRollbackTemplate({
    rollbackId: ROLLBACK_ID,
    database: ROLLBACK_ID.replaceAll('-', '_'),
    inputs,
    source: {
      format: 'csv',
      location: 'inventory.csv',
      files: [{ path: 'inventory.csv', bytes: 1000, expectedMd5: null }],
      sourceColumns: [{ name: 'key', type: 'VARCHAR' }],
      columns: {},
      order: 'last-modified',
      csv: { hasHeader: true, compression: 'none' },
      takenAt: NOW,
      sourceBucket: null,
    },
    queries: [{ name: '01_scan', text: 'SELECT 1' }],
    manifests: (scenarios ?? inputs.scenarios).map((scenario) => ({ scenario, bytes: 1_000, rows: 10 })),
    taskCode: TASK_CODE,
    ...options,
  });
}

/** Every mode with every set of scenarios, each way of copying, with and without a key and prefixes. */
export async function executionMatrix(): Promise<{ name: string; template: string }[]> {
  const cases: { name: string; template: Promise<string> }[] = [
    { name: 'execution-none', template: templateOf({}, { taskCode: null }) },
  ];
  for (const mode of MODES) {
    for (const scenarios of subsets(MODE_SCENARIOS[mode])) {
      for (const copyWith of ['guarded', 's3-batch-copy'] as const) {
        for (const isKeyed of [false, true]) {
          const name = `execution-${mode}-${scenarios.join('') || 'nothing'}-${copyWith}${isKeyed ? '-key' : ''}`;
          const raw: Partial<RawPlanInputs> = {
            mode,
            markers: 'copy',
            ...(mode === 'copy-to-bucket' ? { destinationBucket: 'my-copy' } : {}),
            ...(isKeyed ? { kmsKeyArn: KMS_KEY_ARN, prefix: ['a*/', 'b$/'] } : {}),
          };
          cases.push({ name, template: templateOf(raw, { scenarios, copyWith }) });
        }
      }
    }
  }
  // Many sets need the same, as 3b and 3c do. One of each is enough.
  const distinct = new Map<string, string>();
  for (const { name, template } of cases) {
    const text = await template;
    if (!distinct.has(text)) distinct.set(text, name);
  }
  return [...distinct].map(([template, name]) => ({ name, template }));
}

export const KMS_KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d';

function subsets(scenarios: readonly Scenario[]): Scenario[][] {
  return Array.from({ length: 2 ** scenarios.length }, (_, bits) =>
    scenarios.filter((_scenario, index) => Math.floor(bits / 2 ** index) % 2 === 1),
  );
}
