import { type FoundReport, missingOptionalFields } from '../inventory/s3-inventory.ts';
import { assessMetadata } from '../inventory/s3-metadata.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { BucketReadings } from './bucket-reading.ts';
import { checksOf, type DoctorCheck } from './check.ts';

const MS_PER_DAY = 86_400_000;
/** A daily report comes within 48 hours; a weekly one on Sundays, and as late. */
const MAX_REPORT_DAYS: Record<string, number> = { Daily: 2, Weekly: 9 };

/** What a plan would be made from: without S3 Metadata and S3 Inventory it has to list the bucket. */
export function checkSources(name: string, readings: BucketReadings, now: Date): DoctorCheck[] {
  return [checkMetadata(name, readings.metadata), ...checkInventory(name, readings.inventory, now)];
}

function checkMetadata(name: string, metadata: BucketReadings['metadata']): DoctorCheck {
  const check = checksOf(name);
  if (!metadata.readable) return check.unreadable('BUCKET_METADATA', metadata);
  const { value: configuration } = metadata;
  const found = assessMetadata(configuration, name);
  if ('tables' in found)
    return check.ok('BUCKET_METADATA', 'the journal and the live inventory table are active');
  const show = `aws s3api get-bucket-metadata-configuration --bucket ${name}`;
  if (configuration === null) {
    return check.warning(
      'BUCKET_METADATA',
      `${found.reason}: what was permanently deleted, and who did it, would not be known`,
      `enable it: aws s3api create-bucket-metadata-configuration --bucket ${name} --metadata-configuration '{"JournalTableConfiguration":{"RecordExpiration":{"Expiration":"DISABLED"}},"InventoryTableConfiguration":{"ConfigurationState":"ENABLED"}}'`,
    );
  }
  const hasFailed = [configuration.journal, configuration.liveInventory].some(
    (table) => table?.status === 'FAILED',
  );
  return hasFailed
    ? check.problem('BUCKET_METADATA', found.reason, show)
    : check.warning('BUCKET_METADATA', found.reason, show);
}

function checkInventory(name: string, inventory: BucketReadings['inventory'], now: Date): DoctorCheck[] {
  const check = checksOf(name);
  const fieldsLater = check.notChecked(
    'BUCKET_INVENTORY_FIELDS',
    'needs a report',
    'settle BUCKET_INVENTORY first',
  );
  if (!inventory.readable) return [check.unreadable('BUCKET_INVENTORY', inventory), fieldsLater];
  const look = inventory.value;
  if (look.report === null) {
    const found = look.reasons.join('; ');
    const fix = `a daily report of all versions, Parquet, with all optional fields: docs/inventory.md; aws s3api list-bucket-inventory-configurations --bucket ${name}`;
    return [
      look.configured
        ? check.problem('BUCKET_INVENTORY', found, fix)
        : check.warning('BUCKET_INVENTORY', `${found}: a plan would list every version`, fix),
      fieldsLater,
    ];
  }
  return [checkFreshness(name, look.report, look.frequency, now), checkFields(name, look.report)];
}

function checkFreshness(name: string, report: FoundReport, frequency: string, now: Date): DoctorCheck {
  const check = checksOf(name);
  const ageDays = (now.getTime() - report.takenAt.getTime()) / MS_PER_DAY;
  const limit = MAX_REPORT_DAYS[frequency] ?? Math.max(...Object.values(MAX_REPORT_DAYS));
  const found = `'${report.configuration}': ${report.format}, begun at ${formatInstant(report.takenAt)}`;
  if (ageDays <= limit) return check.ok('BUCKET_INVENTORY', found);
  return check.problem(
    'BUCKET_INVENTORY',
    `${found}; a newer one is overdue (${frequency || 'no frequency'})`,
    `see whether S3 may still write to the destination, and whether the configuration is enabled: aws s3api get-bucket-inventory-configuration --bucket ${name} --id ${shellWord(report.configuration)}`,
  );
}

function checkFields(name: string, report: FoundReport): DoctorCheck {
  const check = checksOf(name);
  const missing = missingOptionalFields(report.columns);
  return missing.length === 0
    ? check.ok('BUCKET_INVENTORY_FIELDS', 'all that a plan uses')
    : check.warning(
        'BUCKET_INVENTORY_FIELDS',
        `'${report.configuration}' is without ${missing.join(' and ')}`,
        'add the optional fields to the inventory configuration: docs/inventory.md',
      );
}

/** The ID of a configuration is anybody's text. */
function shellWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
