import { openS3Client } from '../aws/client.ts';
import { openInventoryReader } from '../aws/inventory-reports.ts';
import { readMetadataConfiguration } from '../aws/metadata-configuration.ts';
import { chooseSource, ENGINE_FORMATS, type SourceChoice } from '../inventory/choose-source.ts';
import type { ConsideredSource } from '../inventory/considered.ts';
import { requireInventoryReport } from '../inventory/s3-inventory.ts';
import type { PlanInputs } from '../plan/plan-file.ts';
import { parseEndpoint } from './endpoint-options.ts';
import type { SourceOptions } from './plan-source.ts';

/** The source that was found, and what was looked at on the way. */
export type FoundSource = { choice: SourceChoice; considered: ConsideredSource[] };

/**
 * Looks for the inventory of a plan.
 * @param wanted `engine`: the one that can be had; `reportOnly`: nothing but an S3 Inventory report will do
 * @throws RunbookError NO_USABLE_INVENTORY where only a report will do and none serves
 */
export async function findSource(
  inputs: PlanInputs,
  options: SourceOptions,
  wanted: { engine: 'embedded' | 'athena'; reportOnly: boolean },
): Promise<FoundSource> {
  const client = openS3Client(parseEndpoint(options));
  try {
    const calls = {
      ...openInventoryReader(client),
      readMetadataConfiguration: (bucket: string) => readMetadataConfiguration(client, bucket),
    };
    const { bucket, prefixes, timestamp } = inputs;
    const { engine } = wanted;
    if (wanted.reportOnly) {
      const formats = ENGINE_FORMATS[engine];
      const request = { bucket, prefixes, timestamp, formats };
      const { report, considered } = await requireInventoryReport(calls, request);
      return { choice: { source: 's3-inventory', report }, considered };
    }
    const useMetadata = options.useMetadata !== false;
    return await chooseSource(calls, { bucket, prefixes, timestamp, engine, useMetadata });
  } finally {
    client.destroy();
  }
}
