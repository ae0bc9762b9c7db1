import canonicalize from 'canonicalize';
import { z } from 'zod';
import { sha256OfText } from '../inventory/checksum.ts';
import { engineSchema } from '../plan/plan-file.ts';
import { RETENTION_MODES } from '../s3/retention.ts';
import { RETENTION_CLASSES } from './rule.ts';
import { settingsSchema } from './settings.ts';

/** retention.json, the plan of an extension. Its JSON Schema is published as docs/retention.schema.json. */

export const RETENTION_PLAN_FILE = 'retention.json';

const count = z.int().min(0);
const utc = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const usd = z.number().min(0);
const mode = z.enum(RETENTION_MODES);
const ruleNumber = z.int().min(1).describe('place of the rule in settings.rules, from 1');

const classSchema = z.strictObject({
  rule: ruleNumber,
  class: z.enum(RETENTION_CLASSES),
  mode: mode.nullable().describe('of the lock that the versions have; null: none'),
  entries: count,
  firstKey: z.string().describe('the first key in byte order; the key itself, not encoded'),
});
export type RetentionClassCount = z.infer<typeof classSchema>;

const manifestSchema = z.strictObject({
  name: z.string(),
  rule: ruleNumber,
  mode: mode.describe('of the lock after the run'),
  retainUntil: utc.describe('the date that every version of the manifest gets'),
  rows: count,
  converted: count.describe('versions whose lock changes from GOVERNANCE to COMPLIANCE'),
  path: z.string(),
  bytes: count,
  sha256: sha256.describe('of the file; where there are parts, over the SHA-256s of the parts'),
  parts: z
    .array(count)
    .optional()
    .describe(
      'sizes of the parts that the file was put together from on S3; absent where sha256 is of the file',
    ),
});
export type RetentionManifest = z.infer<typeof manifestSchema>;

const sampleSchema = z.strictObject({
  manifest: z.string(),
  key: z.string().describe('the key itself, not encoded'),
  versionId: z.string(),
  mode: mode.nullable(),
  retainUntil: utc.nullable().describe('before the run'),
});
export type RetentionSample = z.infer<typeof sampleSchema>;

const stepSchema = z.strictObject({
  extensionFrequencyDays: count,
  longestLockDays: count.describe('how long a version that was just extended stays locked'),
  monthlyUsd: usd,
});

const estimateSchema = z.strictObject({
  prices: z.strictObject({ name: z.string(), region: z.string(), asOf: z.string() }),
  run: z.strictObject({ tasks: count, directUsd: usd, batchUsd: usd }).describe('this run alone'),
  monthlyUsd: usd.describe('from now on, with S3 Batch Operations and a report every interval'),
  rules: z.array(
    z.strictObject({
      rule: ruleNumber,
      versions: count.describe('current versions under the rule'),
      monthlyUsd: usd,
      steps: z.array(stepSchema).describe('the same with other extension frequencies'),
    }),
  ),
});
export type RetentionEstimate = z.infer<typeof estimateSchema>;

const checkSchema = z.strictObject({
  code: z.string(),
  level: z.enum(['warning', 'info']),
  message: z.string(),
  hint: z.string(),
});
export type RetentionCheck = z.infer<typeof checkSchema>;

const reviewSchema = z.strictObject({
  required: z.boolean(),
  reasons: z.array(z.string()).describe('why it is; empty where it is not'),
  previousDigest: sha256.nullable().describe('of the earlier run that the review was given for'),
});
export type ReviewNeed = z.infer<typeof reviewSchema>;

export const retentionPlanSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    kind: z.literal('retention'),
    retentionId: z.string(),
    digest: sha256,
    settings: settingsSchema,
    settingsFingerprint: sha256,
    now: utc.describe("the store's time that every date of the run is counted from"),
    reportOnly: z.boolean(),
    dates: z.array(z.strictObject({ rule: ruleNumber, horizon: utc, target: utc })),
    inventory: z.strictObject({
      format: z.string(),
      location: z.string(),
      files: count,
      bytes: count,
      sha256,
      takenAt: utc.nullable(),
      entries: count,
      entriesInScope: count,
      currentVersionsInScope: count,
    }),
    classes: z.array(classSchema),
    manifests: z.array(manifestSchema),
    sql: z.array(z.strictObject({ path: z.string(), sha256 })),
    template: z
      .strictObject({ path: z.string(), sha256 })
      .optional()
      .describe('the stack of the settings, where S3 Batch Operations is to run the plan'),
    review: reviewSchema,
    samples: z.array(sampleSchema).describe('not part of the digest'),
    estimate: estimateSchema.describe('not part of the digest'),
    checks: z.array(checkSchema).describe('not part of the digest'),
    engine: engineSchema
      .optional()
      .describe('what made the plan, where there was a choice; not part of the digest'),
  })
  .describe('The plan of an extension of Object Lock retention. Immutable: what was reviewed is what runs.');
export type RetentionPlan = z.infer<typeof retentionPlanSchema>;

/** What the digest leaves out: itself, and what only informs. */
type Uncovered = 'digest' | 'samples' | 'estimate' | 'checks' | 'engine';

/** SHA-256 over the canonical JSON (RFC 8785) of everything that decides what runs; the inventory's place does not. */
export function retentionDigest(plan: Omit<RetentionPlan, Uncovered>): string {
  const { location: _location, ...inventory } = plan.inventory;
  const canonical = canonicalize({
    schemaVersion: plan.schemaVersion,
    kind: plan.kind,
    retentionId: plan.retentionId,
    settings: plan.settings,
    settingsFingerprint: plan.settingsFingerprint,
    now: plan.now,
    reportOnly: plan.reportOnly,
    dates: plan.dates,
    inventory,
    classes: plan.classes,
    manifests: plan.manifests,
    sql: plan.sql,
    ...(plan.template === undefined ? {} : { template: plan.template }),
    review: plan.review,
  });
  if (canonical === undefined) throw new TypeError('a plan has a canonical form');
  return sha256OfText(canonical);
}

const ID_BUCKET_CHARACTERS = 24;

/** What the IDs of a bucket's runs begin with; buckets with long names can share it. */
export function retentionIdPrefix(bucket: string): string {
  const name = bucket.replaceAll('.', '-').slice(0, ID_BUCKET_CHARACTERS).replace(/-+$/, '');
  return `rt-${name}-`;
}

const ID_HASH_CHARACTERS = 8;

/** Letters, digits and hyphens, as IDs of rollbacks: the same settings, time and inventory have the same ID. */
export function retentionIdOf(
  bucket: string,
  now: string,
  settingsFingerprint: string,
  inventorySha256: string,
): string {
  const hash = sha256OfText(`${settingsFingerprint} ${now} ${inventorySha256}`).slice('sha256:'.length);
  return `${retentionIdPrefix(bucket)}${now.replace(/[-:]/g, '').toLowerCase()}-${hash.slice(0, ID_HASH_CHARACTERS)}`;
}
