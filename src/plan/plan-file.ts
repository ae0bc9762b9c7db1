import { z } from 'zod';
import {
  CLASSES,
  COPY_CHOICES,
  MARKER_CHOICES,
  MODES,
  OPERATIONS,
  SCENARIOS,
  UNCERTAIN_CLASSES,
} from '../s3/rollback.ts';
import { COPY_STORAGE_CLASSES, STORAGE_CLASS_CHOICES } from '../s3/storage-class.ts';

/**
 * plan.json: the immutable description of one rollback. Its JSON Schema in `docs/plan.schema.json` is generated from
 * here. Times are UTC, sizes are bytes, money is US dollars.
 */

const count = z.int().min(0);
const bytes = z.int().min(0).describe('bytes');
const utc = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)
  .describe('UTC, whole seconds');
const sha256 = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .describe('SHA-256 of the file');
const usd = z.number().min(0).describe('US dollars');
const seconds = z.number().min(0).describe('seconds');

const inputsSchema = z.strictObject({
  bucket: z.string(),
  timestamp: utc.describe('the point in time, inclusive'),
  mode: z.enum(MODES),
  prefixes: z.array(z.string()).describe('literal prefixes; empty means the whole bucket'),
  scenarios: z.array(z.enum(SCENARIOS)).describe('the scenarios that are planned'),
  destinationBucket: z.string().nullable(),
  storageClass: z.enum(STORAGE_CLASS_CHOICES),
  kmsKeyArn: z.string().nullable().describe("null: the bucket's default encryption"),
  markers: z.enum(MARKER_CHOICES),
  multipartWindowSeconds: count,
  noncurrentExpirationDays: count.nullable(),
  includeUncertain: z.array(z.enum(UNCERTAIN_CLASSES)),
  copyWith: z
    .enum(COPY_CHOICES)
    .optional()
    .describe('absent: guarded; s3-batch-copy: jobs of S3 copy 3b and 5b, without the guard'),
  overwrite: z
    .literal(true)
    .optional()
    .describe('copy-to-bucket: copies go over objects that the destination has; absent: such keys are left'),
});
export type PlanInputs = z.infer<typeof inputsSchema>;

const inventorySchema = z.strictObject({
  format: z.enum([
    'csv',
    'parquet',
    's3-inventory-csv',
    's3-inventory-parquet',
    's3-inventory-orc',
    's3-metadata',
  ]),
  location: z.string().describe('where it was read from; not part of the digest'),
  files: count,
  bytes,
  sha256: sha256.describe('SHA-256 over the sorted checksums of the files'),
  takenAt: utc.nullable().describe('when the source says it was taken'),
  order: z.enum(['ordinal', 'sequence-number', 'last-modified']).describe('what orders the entries of a key'),
  entries: count.describe('version entries read, the whole inventory'),
  entriesInScope: count,
  keysInScope: count.describe('number of current entries in scope'),
  newestEntry: utc.nullable().describe('last_modified of the newest entry in scope'),
});
export type PlanInventory = z.infer<typeof inventorySchema>;

const classSchema = z.strictObject({
  class: z.enum(CLASSES),
  scenario: z.enum(SCENARIOS).nullable(),
  keys: count,
  entries: count.describe('version entries of these keys'),
  bytes: bytes.describe(
    'bytes that the operation copies, hides or makes current again; 0 where nothing is planned',
  ),
});
export type ClassCount = z.infer<typeof classSchema>;

const fileFields = {
  path: z.string(),
  rows: count,
  bytes,
  sha256: sha256.describe('SHA-256 of the file; where there are parts, over the SHA-256s of the parts'),
  parts: z
    .array(bytes)
    .optional()
    .describe(
      'sizes of the parts that the file was put together from on S3; absent where sha256 is of the file',
    ),
};

const manifestSchema = z.strictObject({
  scenario: z.enum(SCENARIOS),
  operation: z.enum(OPERATIONS),
  keys: count,
  ...fileFields,
});
export type PlanManifest = z.infer<typeof manifestSchema>;

const copyManifestSchema = z.strictObject({
  scenario: z.enum(['3b', '5b']),
  storageClass: z.enum(COPY_STORAGE_CLASSES).describe('that the job writes'),
  ...fileFields,
});
export type CopyManifest = z.infer<typeof copyManifestSchema>;

const undoManifestSchema = z.strictObject({ scenario: z.enum(['2', '4']), ...fileFields });
const reviewListSchema = z.strictObject({ class: z.enum(UNCERTAIN_CLASSES), ...fileFields });
export type ReviewList = z.infer<typeof reviewListSchema>;

const sampleEntrySchema = z
  .strictObject({
    versionId: z.string(),
    deleteMarker: z.boolean(),
    lastModified: utc,
    bytes: bytes.nullable(),
    storageClass: z.string().nullable(),
  })
  .nullable();
export type SampleEntry = z.infer<typeof sampleEntrySchema>;

const sampleSchema = z.strictObject({
  scenario: z.enum(SCENARIOS).nullable(),
  class: z.enum(CLASSES),
  key: z.string().describe('the key itself, not encoded'),
  current: sampleEntrySchema.describe('the current entry when the inventory was taken'),
  wanted: sampleEntrySchema.describe('the entry that is to be current afterwards; null: the key is absent'),
});
export type Sample = z.infer<typeof sampleSchema>;

const activitySchema = z.strictObject({
  intervalSeconds: z.int().min(1),
  intervals: z.array(
    z.strictObject({
      start: utc.describe('start of the interval; entries at the start belong to the interval before'),
      afterPointInTime: z.boolean(),
      puts: count,
      deletes: count,
    }),
  ),
});
export type Activity = z.infer<typeof activitySchema>;

const prefixSchema = z.strictObject({ prefix: z.string(), keys: count.describe('planned keys') });

const executorEstimateSchema = z.strictObject({
  tasks: count.describe('Batch Operations tasks, or requests of the runner'),
  costUsd: usd,
  seconds,
});
const scenarioEstimateSchema = z.strictObject({
  scenario: z.enum(SCENARIOS),
  batch: executorEstimateSchema.describe('S3 Batch Operations with Lambda, about 1,000 rows a task'),
  direct: executorEstimateSchema.describe('this machine sends the requests'),
  nativeCopy: executorEstimateSchema
    .nullable()
    .describe('S3PutObjectCopy job, one task a key, without the guard'),
});

const estimateSchema = z.strictObject({
  prices: z.strictObject({ name: z.string(), region: z.string(), asOf: z.string() }),
  query: z.strictObject({ bytesScanned: bytes, costUsd: usd, seconds }).describe('the same plan on Athena'),
  scenarios: z.array(scenarioEstimateSchema),
  totals: z.strictObject({
    batch: executorEstimateSchema,
    direct: executorEstimateSchema,
    nativeCopy: executorEstimateSchema.nullable().describe('3b as a native copy job, the rest as batch'),
  }),
  concurrency: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('task functions at a time that batch is reckoned with; deploy reserves as many'),
  extras: z
    .array(
      z.strictObject({
        code: z.string(),
        text: z.string(),
        costUsd: usd.nullable().describe('null where the plan cannot know it'),
        per: z.enum(['once', 'month']),
      }),
    )
    .describe('what is not in the totals'),
});
export type Estimate = z.infer<typeof estimateSchema>;

const checkSchema = z.strictObject({
  code: z.string(),
  level: z.enum(['blocking', 'warning', 'info']),
  message: z.string(),
  hint: z.string(),
});
export type Check = z.infer<typeof checkSchema>;

const sourceSchema = z.strictObject({
  source: z.enum(['s3-metadata', 's3-inventory', 'listing']),
  name: z.string().nullable().describe('ID of the inventory configuration'),
  chosen: z.boolean(),
  reason: z.string(),
});

const requestersSchema = z.strictObject({
  top: z
    .array(
      z.strictObject({
        requester: z
          .string()
          .describe('account ID or service principal; empty where the record does not tell'),
        puts: count,
        deleteMarkers: count,
        permanentDeletions: count,
        keys: count.describe('different keys'),
      }),
    )
    .describe('the busiest, busiest first'),
  total: count.describe('how many there are'),
});

export const engineSchema = z.strictObject({
  name: z.enum(['duckdb', 'athena']),
  reason: z.string().describe('why this engine made the plan'),
  queries: count.describe('queries that Athena ran; 0 for DuckDB'),
  scannedBytes: bytes.describe('what Athena bills: DataScannedInBytes of all queries; 0 for DuckDB'),
});
export type PlanEngine = z.infer<typeof engineSchema>;

export const planSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    rollbackId: z.string(),
    digest: sha256.describe('names this plan everywhere: see docs/plan-file.md for what it covers'),
    createdAt: utc.describe('not part of the digest'),
    origin: z.enum(['rollback', 'undo']),
    inputs: inputsSchema,
    inventory: inventorySchema,
    classes: z.array(classSchema),
    manifests: z.array(manifestSchema),
    copyManifests: z
      .array(copyManifestSchema)
      .optional()
      .describe(
        "with copyWith s3-batch-copy: the manifests of S3's own copy jobs, one a storage class; together the rows of 3b or 5b",
      ),
    undoManifests: z.array(undoManifestSchema),
    reviewLists: z.array(reviewListSchema),
    sql: z.array(z.strictObject({ path: z.string(), sha256 })),
    template: z.strictObject({ path: z.string(), sha256 }),
    samples: z.array(sampleSchema),
    activity: activitySchema,
    topPrefixes: z.array(prefixSchema),
    estimate: estimateSchema,
    checks: z.array(checkSchema),
    sources: z
      .array(sourceSchema)
      .optional()
      .describe('the sources that were looked at, where none was named; not part of the digest'),
    requesters: requestersSchema
      .optional()
      .describe(
        'who changed the scope after the point in time, by the journal of S3 Metadata; not part of the digest',
      ),
    engine: engineSchema
      .optional()
      .describe('what made the plan, where there was a choice; not part of the digest'),
  })
  .describe('A rollback plan of s3-rewind. Immutable: what was reviewed is what runs.');

export type RollbackPlan = z.infer<typeof planSchema>;
