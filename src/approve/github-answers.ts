import { z } from 'zod';

/**
 * The parts of GitHub's answers that the proof rests on, as its REST API spells them (REST API 2022-11-28). What the
 * proof needs is required here: an answer without it is unreadable, never read as "off" or "nobody".
 */

const id = z.int().min(1);
const login = z.string().min(1);

export const accountSchema = z.object({ id, login, type: z.string() });
export type Account = z.infer<typeof accountSchema>;

const teamSchema = z.object({ id, slug: z.string().min(1) });

const reviewerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('User'), reviewer: accountSchema }),
  z.object({ type: z.literal('Team'), reviewer: teamSchema }),
]);
export type Reviewer = z.infer<typeof reviewerSchema>;

const reviewersRuleSchema = z.object({
  type: z.literal('required_reviewers'),
  prevent_self_review: z.boolean(),
  reviewers: z.array(reviewerSchema),
});
type ReviewersRule = z.infer<typeof reviewersRuleSchema>;

export function isReviewersRule(rule: { type: string }): rule is ReviewersRule {
  return rule.type === 'required_reviewers';
}

/** Rules of other types (wait timer, branch policy, custom rules) do not bear on who approved. */
const otherRuleSchema = z.object({ type: z.string().refine((type) => type !== 'required_reviewers') });

/** `can_admins_bypass` is in the answers of github.com, but not in its published description. */
export const environmentSchema = z.object({
  id,
  name: z.string(),
  can_admins_bypass: z.boolean(),
  protection_rules: z.array(z.union([reviewersRuleSchema, otherRuleSchema])),
});

export const runSchema = z.object({
  id,
  run_attempt: id,
  event: z.string(),
  html_url: z.string(),
  actor: accountSchema,
  triggering_actor: accountSchema,
  repository: z.object({ full_name: z.string() }),
});
export type Run = z.infer<typeof runSchema>;

export const reviewsOfRunSchema = z.array(
  z.object({
    state: z.string(),
    comment: z.string(),
    user: accountSchema,
    environments: z.array(z.object({ id, name: z.string() })).min(1),
  }),
);
export type ReviewOfRun = z.infer<typeof reviewsOfRunSchema>[number];

export const commentsSchema = z.array(
  z.object({ id, html_url: z.string(), body: z.string(), user: accountSchema.nullable() }),
);

export const pullSchema = z.object({
  number: id,
  state: z.string(),
  user: accountSchema,
  head: z.object({ sha: z.string(), repo: z.object({ full_name: z.string() }).nullable() }),
  base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }) }),
});

export const reviewsSchema = z.array(
  z.object({
    id,
    state: z.string(),
    html_url: z.string(),
    commit_id: z.string().nullable(),
    submitted_at: z.string(),
    user: accountSchema.nullable(),
  }),
);
export type Review = z.infer<typeof reviewsSchema>[number];

/** Membership of a team; `pending` is an invitation that was not taken. */
export const membershipSchema = z.object({ state: z.enum(['active', 'pending']) });

export const deploymentStatusesSchema = z.array(
  z.object({ state: z.string(), created_at: z.string(), log_url: z.string() }),
);
