import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKAGE_FOLDER } from './run-command.ts';

/** What Node.js compiled is kept beside the code, and nothing depends on it. */

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 's3-rewind-start-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A package with the starter and a script that is started once. */
async function startIn(name: string, makeModules: (path: string) => Promise<unknown>) {
  const folder = join(root, name);
  await mkdir(join(folder, 'tools'), { recursive: true });
  await cp(join(PACKAGE_FOLDER, 'tools/on-node-24.mjs'), join(folder, 'tools/on-node-24.mjs'));
  await writeFile(join(folder, 'script.ts'), "const word: string = 'started';\nconsole.log(word);\n");
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await makeModules(join(folder, 'node_modules'));
  const { NODE_COMPILE_CACHE: _ofTheTests, ...environment } = process.env;
  const start = spawnSync(process.execPath, ['tools/on-node-24.mjs', 'script.ts'], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
  return { folder, start };
}

test('what was compiled is kept beside the code', async () => {
  const { folder, start } = await startIn('writable', (path) => mkdir(path));
  expect(start).toMatchObject({ status: 0, stdout: 'started\n', stderr: '' });
  expect(await readdir(join(folder, 'node_modules/.cache/s3-rewind'))).not.toEqual([]);
});

test('a folder that cannot be written keeps nothing from starting', async () => {
  const { start } = await startIn('unwritable', (path) => writeFile(path, 'not a folder'));
  expect(start).toMatchObject({ status: 0, stdout: 'started\n', stderr: '' });
});
