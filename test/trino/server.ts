import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqlIdentifier, sqlText } from '../../src/render/sql.ts';
import { queryTrino } from './client.ts';
import { findJavaHome } from './find-java.ts';
import { installTrino } from './install.ts';

/**
 * A Trino of one node on 127.0.0.1. Its catalog `hive` keeps databases and tables in files and reads
 * `local:///path`, which is `<root>/path`. More catalogs come and go with CREATE CATALOG and DROP CATALOG.
 */
export type TrinoServer = {
  url: string;
  /** where `local:///` begins */
  root: string;
  stop(): Promise<void>;
};

const READY_MS = 180_000;
const STOP_MS = 20_000;

/**
 * Starts a Trino; it is stopped by its process ID.
 * @param options `heap` in JVM notation; `queryMemory`: what one query may take of it, in Trino's (`1500MB`)
 * @throws Error when there is no Java, no Maven, no network, or the server does not come up
 */
export async function startTrino(
  options: { heap?: string; queryMemory?: string } = {},
): Promise<TrinoServer> {
  const [javaHome, installed] = await Promise.all([findJavaHome(), installTrino()]);
  const root = await mkdtemp(join(tmpdir(), 's3-rewind-trino-'));
  const port = await freePort();
  await writeConfiguration(root, port, options.queryMemory ?? '1500MB');
  const server = spawn(
    join(javaHome, 'bin/java'),
    [
      `-Xmx${options.heap ?? '2500m'}`,
      '-XX:+ExitOnOutOfMemoryError',
      '-XX:-OmitStackTraceInFastThrow',
      '-Djdk.attach.allowAttachSelf=true',
      '--enable-native-access=ALL-UNNAMED',
      '--add-modules=jdk.incubator.vector',
      '--sun-misc-unsafe-memory-access=allow',
      '-Duser.timezone=UTC',
      `-Dconfig=${join(root, 'etc/config.properties')}`,
      `-Dnode.data-dir=${join(root, 'var')}`,
      `-Dplugin.dir=${join(installed, 'plugin')}`,
      '-Dnode.environment=test',
      '-Dnode.id=test',
      '-cp',
      `${installed}/lib/*`,
      'io.trino.server.TrinoServer',
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const log = createWriteStream(join(root, 'server.log'));
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await end(server);
    log.end();
    await rm(root, { recursive: true, force: true });
  };
  try {
    await untilReady(server, url, join(root, 'server.log'));
    await createHiveCatalog(url, 'hive', hiveProperties(root));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, root, stop };
}

async function writeConfiguration(root: string, port: number, queryMemory: string): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(
    join(root, 'etc/config.properties'),
    properties({
      coordinator: 'true',
      'node-scheduler.include-coordinator': 'true',
      'http-server.http.port': String(port),
      'node.bind-ip': '127.0.0.1',
      'node.internal-address': '127.0.0.1',
      'discovery.uri': `http://127.0.0.1:${port}`,
      'catalog.management': 'dynamic',
      'catalog.store': 'memory',
      'query.max-memory': queryMemory,
      'query.max-memory-per-node': queryMemory,
      'memory.heap-headroom-per-node': '500MB',
      'task.concurrency': '2',
      'query.min-expire-age': '5m',
      'log.path': join(root, 'trino.log'),
    }),
  );
}

/** CREATE CATALOG with the hive connector; tables of `local:///` and what more properties open. */
export async function createHiveCatalog(
  url: string,
  name: string,
  settings: Record<string, string>,
): Promise<void> {
  const list = Object.entries(settings).map(([key, value]) => `${sqlIdentifier(key)} = ${sqlText(value)}`);
  await queryTrino(url, `CREATE CATALOG ${sqlIdentifier(name)} USING hive WITH (${list.join(', ')})`, {
    catalog: 'system',
  });
}

/** The properties of a hive catalog that keeps its tables in files below the root. */
export function hiveProperties(root: string): Record<string, string> {
  return {
    'hive.metastore': 'file',
    'hive.metastore.catalog.dir': 'local:///metastore',
    'fs.native-local.enabled': 'true',
    'local.location': root,
    'hive.non-managed-table-writes-enabled': 'true',
    // Athena finds columns of ORC by name once orc.column.index.access is off, as the tables of a plan have it.
    'hive.orc.use-column-names': 'true',
    'hive.storage-format': 'PARQUET',
  };
}

function properties(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function untilReady(server: ChildProcess, url: string, log: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  let reason: unknown;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) {
      throw new Error(`Trino ended with ${server.exitCode}:\n${(await readFile(log, 'utf8')).slice(-4000)}`);
    }
    try {
      // The node answers before it has found itself as a worker: only a query with rows tells.
      const { rows } = await queryTrino(url, 'SELECT count(*) FROM system.runtime.nodes HAVING count(*) > 0');
      if (rows.length === 1) return;
    } catch (error) {
      reason = error;
    }
    await sleep(500);
  }
  throw new Error(`Trino did not answer within ${READY_MS / 1000} s`, { cause: reason });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no free port')),
      );
    });
  });
}
