import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Trino 476 is built for it. */
const WANTED_RELEASE = 24;
const JVM_FOLDER = '/usr/lib/jvm';

/**
 * Finds a Java that runs Trino; JDKs beside the default one count.
 * @returns the path of its home folder
 * @throws Error when there is none
 */
export async function findJavaHome(): Promise<string> {
  const found = await readdir(JVM_FOLDER, { withFileTypes: true }).catch(() => []);
  const beside = found.filter((entry) => !entry.isFile()).map((entry) => entry.name);
  const homes = [process.env.JAVA_HOME, ...beside.map((name) => join(JVM_FOLDER, name)), await defaultHome()];
  for (const home of homes) {
    if (home === undefined || home === '') continue;
    const settings = await javaSettings(join(home, 'bin/java'));
    if (Number(settings['java.specification.version']) >= WANTED_RELEASE) return home;
  }
  throw new Error(`no Java ${WANTED_RELEASE} or newer is installed`);
}

async function defaultHome(): Promise<string> {
  return (await javaSettings('java'))['java.home'] ?? '';
}

async function javaSettings(java: string): Promise<Record<string, string>> {
  const settings = ['-XshowSettings:properties', '-version'];
  const { stderr } = await run(java, settings).catch(() => ({ stderr: '' }));
  return Object.fromEntries(
    [...stderr.matchAll(/^ *([\w.]+) = (.*)$/gm)].map((match) => [match[1], match[2]]),
  );
}
