import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { z } from 'zod';
import { approvalSchema } from '../src/approve/approval-file.ts';
import { ERROR_KINDS } from '../src/errors.ts';
import { planSchema } from '../src/plan/plan-file.ts';
import { retentionPlanSchema } from '../src/retention/retention-plan-file.ts';
import { settingsSchema } from '../src/retention/settings.ts';
import { scalePage } from './scale-page.ts';

/**
 * The parts of the documentation that are made from the code: `npm run docs` writes them, a test holds them equal.
 */

const DOCS = new URL('../docs/', import.meta.url);

/** Path below docs/ → text. */
export async function generatedDocs(): Promise<Record<string, string>> {
  return {
    'plan.schema.json': jsonSchema('plan.json of s3-rewind', planSchema),
    'approval.schema.json': jsonSchema('approval.json of s3-rewind', approvalSchema),
    'retention.schema.json': jsonSchema('retention.json of s3-rewind', retentionPlanSchema),
    'retention-settings.schema.json': jsonSchema('Settings of extend-retention', settingsSchema, 'input'),
    'errors.md': await errorsPage(),
    'scale.md': scalePage(),
  };
}

function jsonSchema(title: string, type: z.ZodType, io: 'input' | 'output' = 'output'): string {
  const schema = z.toJSONSchema(type, { target: 'draft-2020-12', io });
  return `${JSON.stringify({ title, ...schema }, null, 2)}\n`;
}

async function errorsPage(): Promise<string> {
  const rows = Object.entries(ERROR_KINDS)
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([code, { exit, meaning }]) => `| \`${code}\` | ${exit} | ${meaning} |`);
  return [
    '# Error codes',
    '',
    'Every refusal and failure has one of these codes. It is printed with the fact that decided and the next step; with',
    '`--json` it is also in the `error` object on stdout. The list is closed: a code may be added, none changes its meaning.',
    'Exit status 2 is bad input, 1 is a failure.',
    '',
    'This page is made by `npm run docs`.',
    '',
    '| Code | Exit | When |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1]?.endsWith('generate-docs.ts')) {
  for (const [path, text] of Object.entries(await generatedDocs())) {
    const url = new URL(path, DOCS);
    const before = await readFile(url, 'utf8').catch(() => '');
    if (before === text) continue;
    await writeFile(url, text);
    process.stdout.write(`wrote docs/${path}\n`);
  }
}
