import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import type { LifecycleDocument } from '../s3/bucket-configuration.ts';

/** freeze.json: what a freeze found and what it writes. It is written before the bucket is changed. */

export const FREEZE_FILE = 'freeze.json';

const utc = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const ruleSchema = z
  .looseObject({ ID: z.string().optional(), Status: z.string().optional() })
  .describe('a lifecycle rule, whole, whatever it holds');
const lifecycleSchema = z.strictObject({
  rules: z.array(ruleSchema),
  leastTransitionSize: z.string().nullable().describe('TransitionDefaultMinimumObjectSize'),
});

export const freezeFileSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    id: z
      .string()
      .regex(/^[0-9a-f]{8}$/)
      .describe('in the Sid of its statement'),
    rollbackId: z.string().nullable(),
    bucket: z.string(),
    partition: z.string(),
    prefixes: z.array(z.string()).describe('taken literally; empty: all keys'),
    except: z.array(z.string()).describe('ARNs that may write'),
    letsServicesWrite: z.boolean(),
    until: utc.describe('when it reminds; nothing thaws by itself'),
    state: z
      .enum(['freezing', 'frozen', 'thawed'])
      .describe('freezing: written before the change, so some or none of it may be in force'),
    frozenAt: utc,
    thawedAt: utc.nullable(),
    policy: z.strictObject({
      before: z.string().nullable().describe('the text that S3 had; null: no policy'),
      after: z.string(),
    }),
    lifecycle: z.strictObject({
      before: lifecycleSchema.nullable().describe('null: no rules, or they are left alone'),
      after: lifecycleSchema.nullable(),
      paused: z.array(ruleSchema).describe('the rules that were enabled, as they were'),
    }),
  })
  .describe('What a freeze of s3-rewind found, and what it writes: enough to thaw.');
export type FreezeFile = Omit<z.infer<typeof freezeFileSchema>, 'lifecycle'> & {
  lifecycle: {
    before: LifecycleDocument | null;
    after: LifecycleDocument | null;
    /** the rules that were enabled, as they were */
    paused: LifecycleDocument['rules'];
  };
};

/** @param name of the record, for the message @throws RunbookError FREEZE_DAMAGED */
export function parseFreezeFile(text: string, name: string): FreezeFile {
  try {
    return freezeFileSchema.parse(JSON.parse(text)) as FreezeFile;
  } catch (cause) {
    throw new RunbookError('FREEZE_DAMAGED', `${FREEZE_FILE} of ${name} was cut short or changed.`, {
      hint: `bring back the file as it was; by hand: take the statement S3RewindFreeze… out of the bucket policy, and enable the lifecycle rules again`,
      cause,
    });
  }
}

export function formatFreezeFile(file: FreezeFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** @param now by which clock */
export function isExpired({ until }: Pick<FreezeFile, 'until'>, now: Date): boolean {
  return Date.parse(until) <= now.getTime();
}
