import { z } from 'zod';

/** approval.json: who approved which plan, how that was proved, and what was looked at. */

const APPROVAL_KINDS = ['environment', 'code-owner-review', 'none'] as const;

const utc = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const person = z.strictObject({ login: z.string(), id: z.int().min(1) });
const checkSchema = z.strictObject({
  check: z.string().describe('what was looked at'),
  found: z.string().describe('what was found'),
});
/** One line of the table of what was checked, in the order of checking. */
export type ApprovalCheck = z.infer<typeof checkSchema>;

export const approvalSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    kind: z.enum(APPROVAL_KINDS),
    rollbackId: z.string(),
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .describe('of the plan that was shown and that starts'),
    repository: z.string().describe('owner/name'),
    run: z.strictObject({
      id: z.int().min(1),
      attempt: z.int().min(1),
      url: z.string(),
      event: z.string(),
      startedBy: person,
    }),
    environment: z
      .strictObject({
        name: z.string(),
        id: z.int().min(1),
        adminsCanBypass: z.boolean(),
        preventSelfReview: z.boolean(),
      })
      .nullable(),
    approver: person.nullable().describe('null: approval was switched off'),
    remark: z.string().nullable().describe('what the approver wrote; untrusted text'),
    commentUrl: z.string().nullable().describe('where the plan was shown; null: in the summary of the run'),
    review: z
      .strictObject({
        pullNumber: z.int().min(1),
        url: z.string(),
        commit: z.string(),
        submittedAt: z.string(),
      })
      .nullable(),
    timeEvidence: z
      .strictObject({ waitingSince: z.string(), releasedAt: z.string() })
      .nullable()
      .describe('from the statuses of the deployment; GitHub does not date the approval itself'),
    provedAt: utc,
    checks: z.array(checkSchema).min(1),
  })
  .describe('The proof of approval of one rollback. Written before anything is started.');

export type Approval = z.infer<typeof approvalSchema>;

/** What the three kinds of proof find out; the rest of approval.json is the same for all. */
export type Finding = Pick<
  Approval,
  'kind' | 'environment' | 'approver' | 'remark' | 'commentUrl' | 'review' | 'timeEvidence'
>;
