import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { renderMatrix } from './matrix.ts';

/** Writes the whole matrix into a folder, for the checkers that are not npm packages: Trino's parser and cfn-lint. */
const [folder = 'out/matrix'] = process.argv.slice(2);
const rendered = await renderMatrix();
await mkdir(join(folder, 'sql'), { recursive: true });
await mkdir(join(folder, 'templates'), { recursive: true });
for (const { name, queries, template } of rendered) {
  await writeFile(join(folder, 'templates', `${name}.yaml`), template);
  for (const query of queries) await writeFile(join(folder, 'sql', `${name}.${query.name}.sql`), query.text);
}
process.stdout.write(`${rendered.length} templates and their queries in ${folder}\n`);
