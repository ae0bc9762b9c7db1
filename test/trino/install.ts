import { execFile } from 'node:child_process';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

/**
 * Trino from Maven Central, unpacked into out/ci with the plugins that the tests need. The archive has 821 MB: Maven
 * keeps it in its own repository, and what is unpacked stays until out/ is removed.
 */
const VERSION = '476';
const PLUGINS = ['hive', 'iceberg', 'memory'];
const TOOLS = join(import.meta.dirname, '../../out/ci');

const run = promisify(execFile);

/**
 * Installs Trino, once.
 * @returns its folder
 * @throws Error when Maven or the network is missing
 */
export async function installTrino(): Promise<string> {
  // Named after what is in it: an older one may lack a plugin.
  const folder = join(TOOLS, ['trino', VERSION, ...PLUGINS].join('-'));
  if (await exists(folder)) return folder;
  // Others may be installing it too: each works in a folder of its own, and the first one's stays.
  const work = join(TOOLS, `trino-${VERSION}-${process.pid}`);
  await mkdir(work, { recursive: true });
  try {
    await fetchArchive(work);
    await unpack(join(work, `trino-server-${VERSION}.tar.gz`), work);
    await rename(join(work, `trino-server-${VERSION}`), folder).catch(async (error) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

async function fetchArchive(folder: string): Promise<void> {
  const artifact = `-Dartifact=io.trino:trino-server:${VERSION}:tar.gz`;
  await run('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${folder}`], { cwd: folder });
}

/** Plugins share files by hard links, so all have to be unpacked before some can be dropped. */
async function unpack(archive: string, folder: string): Promise<void> {
  await run('tar', ['-xzf', archive, '-C', folder]);
  const plugins = join(folder, `trino-server-${VERSION}`, 'plugin');
  for (const name of await readdir(plugins)) {
    if (!PLUGINS.includes(name)) await rm(join(plugins, name), { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

if (process.argv[1]?.endsWith('test/trino/install.ts'))
  process.stdout.write(`Trino ${VERSION} in ${await installTrino()}\n`);
