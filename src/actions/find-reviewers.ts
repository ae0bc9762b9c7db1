import { readAnswer } from '../approve/calls.ts';
import { environmentSchema } from '../approve/github-answers.ts';
import { RunbookError } from '../errors.ts';
import { openApprovalAnswers } from '../github/approval-answers.ts';
import type { GitHubClient } from '../github/client.ts';
import { annotate } from '../github/workflow.ts';

/** Who is asked for an approval by an environment. What cannot be read is told, and stops nothing: then null. */
export async function findReviewers(client: GitHubClient, environment: string): Promise<string[] | null> {
  try {
    const { protection_rules: rules } = await readAnswer(
      { what: `Environment ${environment}`, permission: 'actions: read' },
      environmentSchema,
      () => openApprovalAnswers(client).readEnvironment(environment),
    );
    return rules.flatMap((rule) =>
      'reviewers' in rule
        ? rule.reviewers.map((one) => (one.type === 'User' ? one.reviewer.login : one.reviewer.slug))
        : [],
    );
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    annotate('warning', error.code, `${error.message} Next: ${error.hint}`);
    return null;
  }
}
