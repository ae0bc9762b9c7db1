import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { bootstrapMatrix } from '../bootstrap/matrix.ts';
import { executionMatrix } from '../plan/execution-matrix.ts';
import { retentionTemplates } from '../retention/template-matrix.ts';
import { renderMatrix } from './matrix.ts';
import { renderRetentionMatrix } from './retention-matrix.ts';

/** Writes the whole matrix into a folder, for the checkers that are not npm packages: Trino's parser and cfn-lint. */
const [folder = 'out/matrix'] = process.argv.slice(2);
const rendered = await renderMatrix();
await mkdir(join(folder, 'sql'), { recursive: true });
await mkdir(join(folder, 'templates'), { recursive: true });
const extensions = await renderRetentionMatrix();
for (const { name, template } of rendered)
  await writeFile(join(folder, 'templates', `${name}.yaml`), template);
for (const { name, queries } of [...rendered, ...extensions]) {
  for (const query of queries) await writeFile(join(folder, 'sql', `${name}.${query.name}.sql`), query.text);
}
const others = [...(await bootstrapMatrix()), ...(await executionMatrix()), ...(await retentionTemplates())];
for (const { name, template } of others) await writeFile(join(folder, 'templates', `${name}.yaml`), template);
process.stdout.write(
  `${rendered.length + others.length} templates and the queries of ${rendered.length + extensions.length} in ${folder}\n`,
);
