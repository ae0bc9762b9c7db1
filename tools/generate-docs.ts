import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { z } from 'zod';
import { actionResultSchema, DECISIONS } from '../src/actions/result.ts';
import { approvalSchema } from '../src/approve/approval-file.ts';
import { CHECK_AREAS, CHECK_KINDS } from '../src/doctor/codes.ts';
import { doctorReportSchema } from '../src/doctor/diagnose.ts';
import { drillSchema } from '../src/drill/drill-file.ts';
import { ERROR_KINDS } from '../src/errors.ts';
import { freezeAnswerSchema } from '../src/freeze/freeze-answer.ts';
import { freezeFileSchema } from '../src/freeze/freeze-file.ts';
import { planSchema } from '../src/plan/plan-file.ts';
import { retentionPlanSchema } from '../src/retention/retention-plan-file.ts';
import { settingsSchema } from '../src/retention/settings.ts';
import { setSchema } from '../src/set/set-file.ts';
import { CONTRACTS, renderActionFile, renderActionPage } from './action-files.ts';
import { exampleWorkflows } from './example-workflows.ts';
import { scalePage } from './scale-page.ts';

/**
 * The parts of the documentation that are made from the code: `npm run docs` writes them, a test holds them equal.
 */

const ROOT = new URL('../', import.meta.url);

/** Path → text. */
export async function generatedDocs(): Promise<Record<string, string>> {
  return {
    'docs/plan.schema.json': jsonSchema('plan.json of s3-rewind', planSchema),
    'docs/approval.schema.json': jsonSchema('approval.json of s3-rewind', approvalSchema),
    'docs/set.schema.json': jsonSchema('set.json of s3-rewind', setSchema),
    'docs/retention.schema.json': jsonSchema('retention.json of s3-rewind', retentionPlanSchema),
    'docs/retention-settings.schema.json': jsonSchema(
      'Settings of extend-retention',
      settingsSchema,
      'input',
    ),
    'docs/action-result.schema.json': jsonSchema('output "result" of the actions', actionResultSchema),
    'docs/doctor.schema.json': jsonSchema('doctor --json of s3-rewind', doctorReportSchema),
    'docs/drill.schema.json': jsonSchema('drill.json of s3-rewind', drillSchema),
    'docs/freeze.schema.json': jsonSchema('freeze.json of s3-rewind', freezeFileSchema),
    'docs/freeze-answer.schema.json': jsonSchema('freeze and thaw --json of s3-rewind', freezeAnswerSchema),
    'docs/doctor.md': await doctorPage(),
    'docs/errors.md': await errorsPage(),
    'docs/actions.md': await actionsPage(),
    ...Object.fromEntries(CONTRACTS.flatMap(actionFiles)),
    ...(await exampleWorkflows()),
    'docs/scale.md': scalePage(),
  };
}

function actionFiles(contract: (typeof CONTRACTS)[number]): [string, string][] {
  const folder = `actions/${contract.name}`;
  const actionFile = renderActionFile(contract);
  return [
    [`${folder}/action.yml`, actionFile],
    [`${folder}/README.md`, renderActionPage(contract, actionFile)],
  ];
}

/** The page is written by hand but for the tables between its marks. */
async function actionsPage(): Promise<string> {
  const page = await readFile(new URL('docs/actions.md', ROOT), 'utf8');
  const actions = CONTRACTS.map(
    ({ name, what }) => `| [\`${name}\`](../actions/${name}/README.md) | ${what} |`,
  );
  const decisions = Object.entries(DECISIONS).map(([name, what]) => `| \`${name}\` | ${what} |`);
  const filled = fillTable(page, 'actions', ['| Action | |', '| --- | --- |', ...actions]);
  return fillTable(filled, 'decisions', ['| Decision | When |', '| --- | --- |', ...decisions]);
}

/** The page is written by hand but for its table of checks. */
async function doctorPage(): Promise<string> {
  const page = await readFile(new URL('docs/doctor.md', ROOT), 'utf8');
  const rows = Object.entries(CHECK_KINDS).map(
    ([code, { area, asks, fix }]) => `| ${CHECK_AREAS[area]} | \`${code}\` | ${asks} | ${fix} |`,
  );
  return fillTable(page, 'checks', [
    '| | Code | What has to be true | What to do |',
    '| --- | --- | --- | --- |',
    ...rows,
  ]);
}

function fillTable(page: string, name: string, lines: readonly string[]): string {
  const start = `<!-- ${name}: made by npm run docs -->\n`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest = ''] = page.split(start);
  if (!rest.includes(end)) throw new Error(`the page has no table ${name}`);
  return `${before}${start}${lines.join('\n')}\n${end}${rest.slice(rest.indexOf(end) + end.length)}`;
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
    const url = new URL(path, ROOT);
    const before = await readFile(url, 'utf8').catch(() => '');
    if (before === text) continue;
    await writeFile(url, text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
