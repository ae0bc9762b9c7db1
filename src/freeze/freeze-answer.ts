import { z } from 'zod';
import { freezeFileSchema } from './freeze-file.ts';

/** What `freeze --json`, `freeze --status --json` and `thaw --json` print: published, and held against what they print. */

const part = z
  .enum(['exactly', 'own-part', 'already'])
  .describe('own-part: someone else changed it too, and only the freeze was taken out');

const freezing = z
  .strictObject({
    command: z.literal('freeze'),
    record: z.string(),
    outcome: z.enum(['frozen', 'already', 'would-freeze']),
    statement: z
      .strictObject({
        Sid: z.string(),
        Effect: z.literal('Deny'),
        Principal: z.literal('*'),
        Action: z.array(z.string()),
        Resource: z.array(z.string()),
        Condition: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())]))),
      })
      .describe('the statement in the policy of the bucket'),
    file: freezeFileSchema,
  })
  .describe('freeze');

const status = z
  .strictObject({
    command: z.literal('freeze'),
    bucket: z.string(),
    freezes: z.array(
      z.strictObject({ id: z.string(), until: z.string(), isExpired: z.boolean().describe('overdue') }),
    ),
  })
  .describe('freeze --status');

const thawing = z
  .strictObject({
    command: z.literal('thaw'),
    record: z.string(),
    outcome: z.enum(['thawed', 'already', 'would-thaw']),
    policy: part,
    lifecycle: part,
    differences: z.array(z.string()).describe('what others changed since the freeze; untrusted text'),
    rulesLeftPaused: z
      .array(z.string())
      .describe('IDs of paused rules that were changed meanwhile, and stay disabled; untrusted text'),
    wasExpired: z.boolean(),
    file: freezeFileSchema,
  })
  .describe('thaw');

export const freezeAnswerSchema = z.union([freezing, status, thawing]);
