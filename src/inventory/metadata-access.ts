import { RunbookError } from '../errors.ts';
import { parseDenial } from '../s3/denied.ts';
import type { MetadataTables } from './s3-metadata.ts';

/**
 * What a failed query of S3 Metadata tables means. They are reached through the integration of table buckets with the
 * Glue Data Catalog, and every part of the way has its own refusal ("Integrating Amazon S3 Tables with AWS analytics
 * services", Amazon S3 User Guide; "Lake Formation permissions reference", AWS Lake Formation Developer Guide).
 */
export type MetadataAccess = {
  tables: MetadataTables;
  bucket: string;
  region: string;
  account: string;
  partition: string;
  /** ARN of the role that the query ran under, for statements; '' where it is not known */
  role: string;
};

/** What a refusal has to name, by the ARN of the table bucket; which role asked is told by the refusal itself. */
export function metadataAccessOf(tables: MetadataTables, bucket: string): MetadataAccess {
  const [, partition = 'aws', , region = '', account = ''] = tables.tableBucketArn.split(':');
  return { tables, bucket, region, account, partition, role: '' };
}

const NOT_INTEGRATED =
  /CATALOG_NOT_FOUND|(Catalog|DataCatalog) .*(not found|does not exist)|(EntityNotFound|InvalidRequest|Metadata)Exception.*s3tablescatalog|Catalog .*s3tablescatalog.* is not (found|supported)/is;
const TABLE_MISSING =
  /(SCHEMA|TABLE)_NOT_FOUND|(Table|Schema|Database) .*(not found|does not exist)|EntityNotFoundException/is;
const LAKE_FORMATION =
  /Insufficient Lake Formation permission\(s\)(: Required (?<permission>\w+( with grant option)?))?|not authorized to perform: lakeformation:GetDataAccess|COLUMN_NOT_FOUND: .*Relation contains no accessible columns/is;
/** All of Athena's but the one that reaches the catalog of the tables. */
const QUERY_ACTION = /^athena:(?!GetDataCatalog)/;
const KMS = /kms:\w+|KMS(\.|:| )|AWSKMS|KMSAccessDenied/;

/**
 * Explains a failed query of the tables.
 * @param text what Athena answered: StateChangeReason or the message of the call
 * @returns a METADATA_UNUSABLE refusal with the command or statement that opens the way; null where the failure has
 * nothing to do with access
 */
export function explainMetadataAccess(text: string, access: MetadataAccess): RunbookError | null {
  const refuse = (message: string, hint: string) =>
    new RunbookError('METADATA_UNUSABLE', message, { hint: `${hint}; or plan with --no-use-metadata` });
  const { bucket, region } = access;
  const denial = parseDenial(text);
  // Who may not run queries at all could not plan from a report on Athena either.
  if (denial !== null && QUERY_ACTION.test(denial.action)) return null;
  const role = denial?.role ?? (access.role === '' ? 'ROLE_ARN' : access.role);
  // KMS first: its refusals come wrapped into those of the layers above.
  if (KMS.test(text)) {
    return refuse(
      `The S3 Metadata tables of '${bucket}' are encrypted with a KMS key that ${role} may not use: ${firstLine(text)}`,
      `add to the key's policy: ${JSON.stringify(keyStatement(role, region, access.partition))}`,
    );
  }
  if (NOT_INTEGRATED.test(text)) {
    return refuse(
      `The table buckets of account ${access.account} in ${region} are not integrated with the Glue Data Catalog: ${firstLine(text)}`,
      `integrate them once: aws glue create-catalog --region ${region} --name s3tablescatalog --catalog-input ${shellText(JSON.stringify(catalogInput(access)))}`,
    );
  }
  const formation = LAKE_FORMATION.exec(text);
  if (formation !== null) {
    if (denial?.action === 'lakeformation:GetDataAccess')
      return refuse(denied(denial, text), allow(denial, role));
    return refuse(
      `Lake Formation keeps ${role} from the S3 Metadata tables of '${bucket}': ${firstLine(text)}`,
      (['liveInventory', 'journal'] as const).map((table) => grant(access, role, table)).join(' && '),
    );
  }
  if (denial !== null) return refuse(denied(denial, text), allow(denial, role));
  if (TABLE_MISSING.test(text)) {
    return refuse(
      `The S3 Metadata tables of '${bucket}' are not in the catalog: ${firstLine(text)}`,
      `see what the configuration says of them: aws s3api get-bucket-metadata-configuration --bucket ${bucket}`,
    );
  }
  return null;
}

function denied(denial: { role: string; action: string }, text: string): string {
  return `${denial.role} may not ${denial.action}: ${firstLine(text)}`;
}

function allow({ action }: { action: string }, role: string): string {
  return `allow ${action} to ${role}`;
}

/** One grant on one table, in the words of the AWS CLI. */
function grant(
  { tables, account, region }: MetadataAccess,
  role: string,
  table: 'journal' | 'liveInventory',
): string {
  const [catalog = '', database = '', name = ''] = tables[table];
  const resource = { Table: { CatalogId: `${account}:${catalog}`, DatabaseName: database, Name: name } };
  return `aws lakeformation grant-permissions --region ${region} --principal DataLakePrincipalIdentifier=${role} --permissions SELECT DESCRIBE --resource ${shellText(JSON.stringify(resource))}`;
}

function keyStatement(role: string, region: string, partition: string): object {
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    Sid: 'S3RewindReadsMetadataTables',
    Effect: 'Allow',
    Principal: { AWS: role },
    Action: ['kms:Decrypt', 'kms:DescribeKey'],
    Resource: '*',
    Condition: {
      StringEquals: {
        'kms:ViaService': [`s3tables.${region}.${suffix}`, `s3.${region}.${suffix}`],
      },
    },
  };
}

/** Access by IAM alone, as the console sets it up ("Creating an S3 Tables catalog", AWS Glue Developer Guide). */
function catalogInput({ partition, region, account }: MetadataAccess): object {
  const everyone = [
    { Principal: { DataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, Permissions: ['ALL'] },
  ];
  return {
    FederatedCatalog: {
      Identifier: `arn:${partition}:s3tables:${region}:${account}:bucket/*`,
      ConnectionName: 'aws:s3tables',
    },
    CreateDatabaseDefaultPermissions: everyone,
    CreateTableDefaultPermissions: everyone,
  };
}

/** Names of AWS resources and JSON hold no single quote. */
function shellText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const MAX_TEXT_CHARACTERS = 300;

function firstLine(text: string): string {
  const line = (text.split('\n')[0] ?? '').trim();
  return line.length > MAX_TEXT_CHARACTERS ? `${line.slice(0, MAX_TEXT_CHARACTERS)}…` : line;
}
