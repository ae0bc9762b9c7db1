import { AthenaService, type QueryBackend } from '../../sandbox/athena/athena.ts';
import { toTrinoStatement } from '../../sandbox/athena/ctas.ts';
import { GlueCatalog } from '../../sandbox/athena/glue.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { queryTrino, type TrinoValue } from './client.ts';
import { createHiveCatalog } from './server.ts';

/**
 * AWS in small: the sandbox's S3, Glue and Athena, with a catalog of Trino that reads its tables from that Glue and its
 * files from that S3, as Athena does.
 */
export type AthenaSandbox = {
  sandbox: Sandbox;
  glue: GlueCatalog;
  athena: AthenaService;
  /** what runs the SQL */
  backend: QueryBackend;
  /** of Trino */
  catalog: string;
  stop(): Promise<void>;
};

let catalogs = 0;

/** @param recordBucket takes results below `work/`, as the workgroup of the bootstrap stack has it */
export async function startAthenaSandbox(trinoUrl: string, recordBucket: string): Promise<AthenaSandbox> {
  catalogs += 1;
  const catalog = `aws_${process.pid}_${catalogs}`;
  const sandbox = await startSandbox();
  sandbox.createBucket(recordBucket, { versioning: 'Enabled' });
  const glue = new GlueCatalog();
  const backend: QueryBackend = {
    async execute(sql, location) {
      const statement = toTrinoStatement(sql, location);
      const properties = Object.fromEntries(
        Object.entries(statement.properties).map(([name, value]) => [`${catalog}.${name}`, value]),
      );
      const { columns, rows, stats } = await queryTrino(trinoUrl, statement.sql, { catalog, properties });
      return { columns, rows: rows.map((row) => row.map(asText)), scannedBytes: stats.physicalInputBytes };
    },
  };
  const athena = new AthenaService(backend, `s3://${recordBucket}/work/`);
  sandbox.routes.push(...glue.routes(), ...athena.routes());
  const key = { 'aws-access-key': 'trino', 'aws-secret-key': 'trino' };
  await createHiveCatalog(trinoUrl, catalog, {
    'hive.metastore': 'glue',
    'hive.metastore.glue.region': 'us-east-1',
    'hive.metastore.glue.endpoint-url': sandbox.endpoint,
    ...prefixed('hive.metastore.glue.', key),
    'fs.native-s3.enabled': 'true',
    's3.endpoint': sandbox.endpoint,
    's3.region': 'us-east-1',
    's3.path-style-access': 'true',
    ...prefixed('s3.', key),
    'hive.non-managed-table-writes-enabled': 'true',
  });
  return {
    sandbox,
    glue,
    athena,
    backend,
    catalog,
    async stop() {
      await queryTrino(trinoUrl, `DROP CATALOG ${catalog}`, { catalog: 'system' });
      await sandbox.stop();
    },
  };
}

function prefixed(prefix: string, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** Athena's results are text. */
function asText(value: TrinoValue): string | null {
  return value === null || typeof value === 'string' ? value : String(value);
}
