import { RunbookError } from '../errors.ts';
import type { InventorySource } from '../inventory/source.ts';
import { readTemplate, renderTemplate, type TemplateHelper } from '../render/handlebars.ts';
import { iamScope } from '../render/iam.ts';
import { yamlBlock, yamlScalar } from '../render/yaml.ts';
import { LOG_GROUP_PREFIX, ROLLBACK_ROLE_PATH, ROLLBACK_TAGS } from '../s3/aws-names.ts';
import { COPY_RESTORED, isBatchCopied, SCENARIO_OPERATIONS } from '../s3/rollback.ts';
import { glueType } from './athena-table.ts';
import { executionActions } from './execution-roles.ts';
import type { PlanInputs, PlanManifest } from './plan-file.ts';

/** CloudFormation takes a template of this size in the request itself (AWS CloudFormation quotas). */
const MAX_REQUEST_BYTES = 51_200;
/** And one of 1 MB from S3 (same quotas); the smaller reading of a megabyte. */
const MAX_TEMPLATE_BYTES = 1_000_000;
/** Athena's smallest cut-off (API_WorkGroupConfiguration). */
const MIN_CUTOFF_BYTES = 10_000_000;
/** Every query reads the inventory at most once; twice its size stops a query that has gone astray. */
const CUTOFF_FACTOR = 2;
/** For an inventory that has no files to tell its size: about what $5 buys. */
const UNKNOWN_SIZE_CUTOFF_BYTES = 1_000_000_000_000;
/**
 * The policies of a role hold 10,240 characters ("IAM and AWS STS quotas"); 4,000 are enough for all that is not scope,
 * and a role names the scope twice at most: where it reads and where it writes.
 */
const MAX_SCOPE_CHARACTERS = 3_000;

export type TemplateQuery = { name: string; text: string };

export type RollbackTemplateOptions = {
  rollbackId: string;
  /** name of the Glue database */
  database: string;
  inputs: PlanInputs;
  source: InventorySource;
  /** the Athena queries in the order in which they run */
  queries: readonly TemplateQuery[];
  /** the roles are given what these need, and the function takes no job for anything else */
  manifests: readonly Pick<PlanManifest, 'scenario' | 'bytes' | 'rows'>[];
  /** code of the task function, one CommonJS file; null leaves the execution side out */
  taskCode: string | null;
};

const HELPERS: Record<string, TemplateHelper> = {
  yaml: yamlScalar,
  block: yamlBlock,
  arnTail: (bucket, prefix) => `:s3:::${String(bucket)}/${String(prefix)}*`,
};

/**
 * Renders the CloudFormation template of a plan. Where the queries do not fit into a request beside everything else but
 * the code, it comes without them; they are in `sql/` in any case.
 * @throws RunbookError TEMPLATE_TOO_LARGE
 */
export async function renderRollbackTemplate(options: RollbackTemplateOptions): Promise<string> {
  const { rollbackId, database, inputs, source, queries, taskCode } = options;
  const template = await readTemplate(new URL('../../templates/rollback.yaml.hbs', import.meta.url));
  const bytes = source.files.reduce((total, file) => total + file.bytes, 0);
  const view = {
    rollbackId,
    database,
    description: `s3-rewind: roll ${inputs.bucket} back to ${inputs.timestamp}`,
    isCsv: source.csv !== null,
    isOrc: source.format === 's3-inventory-orc',
    headerLines: source.csv?.hasHeader ? '1' : '0',
    tableColumns: source.sourceColumns.map(({ name, type }) => ({
      name: name.toLowerCase(),
      type: source.csv === null ? glueType(type) : 'string',
    })),
    bytesScannedCutoff:
      source.files.length === 0
        ? UNKNOWN_SIZE_CUTOFF_BYTES
        : Math.max(MIN_CUTOFF_BYTES, CUTOFF_FACTOR * bytes),
    taskCode: taskCode ?? '',
    ...executionView(options),
  };
  const render = (shown: readonly TemplateQuery[]) =>
    renderTemplate(
      template,
      {
        ...view,
        queries: shown.map(({ name, text }, index) => ({
          logicalId: `Query${index + 1}`,
          title: `${rollbackId} ${name}`,
          text,
        })),
      },
      { helpers: HELPERS },
    );
  const codeBytes = taskCode === null ? 0 : Buffer.byteLength(yamlBlock(taskCode, CODE_INDENT));
  const whole = render(queries);
  const text = Buffer.byteLength(whole) - codeBytes <= MAX_REQUEST_BYTES ? whole : render([]);
  const size = Buffer.byteLength(text);
  if (size > MAX_TEMPLATE_BYTES) {
    throw new RunbookError(
      'TEMPLATE_TOO_LARGE',
      `The CloudFormation template has ${size} bytes, ${codeBytes} of them code; CloudFormation takes ${MAX_TEMPLATE_BYTES}.`,
      { hint: 'plan fewer prefixes, or an inventory with fewer columns' },
    );
  }
  return text;
}

/** As in the template. */
const CODE_INDENT = 10;

function executionView({ rollbackId, inputs, manifests }: RollbackTemplateOptions): object {
  const actions = executionActions(
    manifests.map(({ scenario }) => scenario),
    inputs.copyWith,
  );
  const purpose = `of the rollback ${rollbackId}`;
  return {
    bucket: inputs.bucket,
    writtenBucket: inputs.destinationBucket ?? inputs.bucket,
    isCopyToBucket: inputs.destinationBucket !== null,
    scope: iamScope(inputs.prefixes, MAX_SCOPE_CHARACTERS),
    taskActions: actions.task,
    taskDestinationActions: actions.taskDestination,
    taskCopies: actions.taskCopies,
    batchCopies: actions.batchCopies,
    batchRestores: actions.batchRestores,
    copies: actions.taskCopies || actions.batchCopies,
    kmsKeyArn: inputs.kmsKeyArn ?? '',
    // What Lambda takes as an environment is 4 KB; five scenarios come to half of one. Of what S3's own job copies, the
    // function has but what that job found in an archive.
    fixedManifests: JSON.stringify(
      Object.fromEntries(
        manifests.map(({ scenario, bytes, rows }) => {
          const isCopied = isBatchCopied(inputs.copyWith, scenario);
          const operation = isCopied ? COPY_RESTORED : SCENARIO_OPERATIONS[scenario];
          return [scenario, { operation, bytes, rows, ...(inputs.overwrite && { overwrite: true }) }];
        }),
      ),
    ),
    journalPattern: `${rollbackId}/outcomes/*`,
    taskRoleDescription: `Task function ${purpose}`,
    batchRoleDescription: `S3 Batch Operations ${purpose}`,
    tags: ROLLBACK_TAGS,
    rolePath: ROLLBACK_ROLE_PATH,
    logGroupPrefix: LOG_GROUP_PREFIX,
  };
}
