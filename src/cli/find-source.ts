import { openS3Client } from '../aws/client.ts';
import { openInventoryReader } from '../aws/inventory-reports.ts';
import { readMetadataConfiguration } from '../aws/metadata-configuration.ts';
import { chooseSource } from '../inventory/choose-source.ts';
import type { ConsideredSource } from '../inventory/considered.ts';
import { type FoundReport, requireInventoryReport } from '../inventory/s3-inventory.ts';
import type { PlanInputs } from '../plan/plan-file.ts';
import { parseEndpoint } from './endpoint-options.ts';
import type { SourceOptions } from './plan-source.ts';

/**
 * Looks for the inventory of a plan that the embedded engine is to make.
 * @param reportOnly nothing but an S3 Inventory report will do
 * @returns the report; null: list the bucket
 * @throws RunbookError NO_USABLE_INVENTORY where only a report will do and none serves
 */
export async function findSource(
  inputs: PlanInputs,
  options: SourceOptions,
  reportOnly: boolean,
): Promise<{ report: FoundReport | null; considered: ConsideredSource[] }> {
  const client = openS3Client(parseEndpoint(options));
  try {
    const calls = {
      ...openInventoryReader(client),
      readMetadataConfiguration: (bucket: string) => readMetadataConfiguration(client, bucket),
    };
    const { bucket, prefixes, timestamp } = inputs;
    if (reportOnly) {
      return await requireInventoryReport(calls, {
        bucket,
        prefixes,
        timestamp,
        formats: ['CSV', 'Parquet'],
      });
    }
    const useMetadata = options.useMetadata !== false;
    const { choice, considered } = await chooseSource(calls, {
      bucket,
      prefixes,
      timestamp,
      engine: 'embedded',
      useMetadata,
    });
    return { report: choice.source === 's3-inventory' ? choice.report : null, considered };
  } finally {
    client.destroy();
  }
}
