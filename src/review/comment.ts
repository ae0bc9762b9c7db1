import type { RollbackPlan } from '../plan/plan-file.ts';
import { renderTemplate, type TemplateSource } from '../render/handlebars.ts';
import { buildCommentView, type CommentLimits } from './comment-view.ts';
import { COMMENT_FORMATTERS } from './formatters.ts';

/** GitHub refuses a comment above 65,536 characters; the rest is room for what later stages add. */
export const MAX_COMMENT_CHARACTERS = 60_000;

/** From all that is useful to what must be there: samples go first, then prefixes, then checks that do not block. */
const LIMITS: readonly CommentLimits[] = [
  { samplesPerGroup: 10, prefixes: 10, checks: 50 },
  { samplesPerGroup: 5, prefixes: 10, checks: 50 },
  { samplesPerGroup: 2, prefixes: 10, checks: 50 },
  { samplesPerGroup: 0, prefixes: 10, checks: 50 },
  { samplesPerGroup: 0, prefixes: 0, checks: 50 },
  { samplesPerGroup: 0, prefixes: 0, checks: 20 },
  { samplesPerGroup: 0, prefixes: 0, checks: 5 },
];

/**
 * Renders the review text of a plan, `comment.md`: GitHub Markdown, a function of plan.json alone. Its first line is
 * an HTML comment by which later stages find it again.
 * @param options `template`: templates/comment.md.hbs. `nextStep`: Markdown of our own that goes on after
 *   "Next step:"; blocking checks and an empty plan take its place. `manifestLink`: where a file of the plan can be
 *   read; by default its path relative to the comment
 * @returns at most MAX_COMMENT_CHARACTERS characters
 * @throws Error where not even the shortest form fits, which bounded parts rule out for a plan that we wrote
 */
export function renderComment(
  plan: RollbackPlan,
  options: { template: TemplateSource; nextStep?: string; manifestLink?: (path: string) => string },
): string {
  for (const limits of LIMITS) {
    const view = buildCommentView(plan, limits, {
      nextStep: options.nextStep,
      manifestLink: options.manifestLink ?? relativeLink,
    });
    const text = tidyBlankLines(renderTemplate(options.template, view, { helpers: COMMENT_FORMATTERS }));
    if (text.length <= MAX_COMMENT_CHARACTERS) return text;
  }
  throw new Error(`the comment of plan ${plan.digest} does not fit ${MAX_COMMENT_CHARACTERS} characters`);
}

function relativeLink(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
}

/** Blocks of the template that are empty leave their blank lines behind; two in a row say nothing more than one. */
export function tidyBlankLines(text: string): string {
  return `${text.replace(/\n{3,}/g, '\n\n').trim()}\n`;
}
