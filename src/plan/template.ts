import type { InventorySource } from '../inventory/source.ts';
import { readTemplate, renderTemplate } from '../render/handlebars.ts';
import { glueType } from './athena-table.ts';
import type { PlanInputs } from './plan-file.ts';

/** CloudFormation takes a template of this size in the request itself (AWS CloudFormation quotas). */
const MAX_TEMPLATE_BYTES = 51_200;
/** Athena's smallest cut-off (API_WorkGroupConfiguration). */
const MIN_CUTOFF_BYTES = 10_000_000;
/** Every query reads the inventory at most once; twice its size stops a query that has gone astray. */
const CUTOFF_FACTOR = 2;

export type TemplateQuery = { name: string; text: string };

/**
 * Renders the CloudFormation template of a plan. Where the queries do not fit into a template, it comes without them;
 * they are in `sql/` in any case.
 * @param queries the Athena queries in the order in which they run
 */
export async function renderRollbackTemplate(
  rollbackId: string,
  database: string,
  inputs: PlanInputs,
  source: InventorySource,
  queries: readonly TemplateQuery[],
): Promise<string> {
  const template = await readTemplate(new URL('../../templates/rollback.yaml.hbs', import.meta.url));
  const bytes = source.files.reduce((total, file) => total + file.bytes, 0);
  const render = (shown: readonly TemplateQuery[]) =>
    renderTemplate(
      template,
      {
        rollbackId,
        database,
        description: `s3-rewind: roll ${inputs.bucket} back to ${inputs.timestamp}`,
        isCsv: source.csv !== null,
        headerLines: source.csv?.hasHeader ? '1' : '0',
        tableColumns: source.sourceColumns.map(({ name, type }) => ({
          name: name.toLowerCase(),
          type: source.csv === null ? glueType(type) : 'string',
        })),
        bytesScannedCutoff: Math.max(MIN_CUTOFF_BYTES, CUTOFF_FACTOR * bytes),
        queries: shown.map(({ name, text }, index) => ({
          logicalId: `Query${index + 1}`,
          title: `${rollbackId} ${name}`,
          text,
        })),
      },
      { helpers: { yaml: yamlScalar } },
    );
  const whole = render(queries);
  return Buffer.byteLength(whole) <= MAX_TEMPLATE_BYTES ? whole : render([]);
}

/** A YAML scalar in double quotes (JSON is YAML), or a whole number. */
function yamlScalar(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string') throw new TypeError(`YAML text expected, got ${typeof value}`);
  return JSON.stringify(value);
}
