import { isSet } from '../cli/open-set.ts';
import type { DeployedJobs } from '../deploy/jobs-file.ts';
import { RunbookError } from '../errors.ts';
import { type GitHubClient, openGitHub } from '../github/client.ts';
import { writeSummary } from '../github/workflow.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Stage } from '../review/stage.ts';
import { askForApproval } from './ask-for-approval.ts';
import { runCommand } from './command.ts';
import type { DEPLOY } from './contract/deploy.ts';
import { deploySet } from './deploy-set.ts';

import { type ActionInputs, readEndpoint } from './inputs.ts';
import { waitingJobs } from './job-counts.ts';
import { readPlanOf } from './record-plan.ts';
import { buildResult } from './result.ts';
import { type ActionEnd, type ActionStep, refusedResult } from './run-action.ts';
import { openStageView, renderStageComment, tryPostStage } from './stage-comment.ts';

/** What `deploy --json` answers. */
type DeployAnswer = DeployedJobs & { record: string };
type Step = ActionStep<typeof DEPLOY>;

/** The action `deploy`: stack and suspended jobs, then the comment says who is asked to approve. */
export async function deployRollback({ inputs, run }: Step): Promise<ActionEnd> {
  const client = openGitHub({
    token: inputs.text('github-token') ?? '',
    repository: run.repository,
    baseUrl: run.apiUrl,
  });
  const given = inputs.text('record') ?? '';
  if (await isSet(given)) return await deploySet({ inputs, run }, given, client);
  const plan = await readPlanOf(given, readEndpoint(inputs));
  const here = { run: { id: run.runId, url: run.url } };
  const named = { rollbackId: plan.rollbackId, planDigest: plan.digest };
  try {
    const { answer } = await runCommand([
      ...['deploy', ...inputs.arguments()],
      ...[`--repository=${run.repository}`, `--run-id=${run.runId}`],
    ]);
    const { record, jobs } = answer as DeployAnswer;
    const suspended = { ...here, jobs: waitingJobs(plan, jobs), environment: inputs.text('environment') };
    const stage = await askForApproval({ stage: 'suspended', ...suspended }, client);
    const commentUrl = await tell(plan, stage, record, { inputs, client });
    const found = { ...named, commentUrl, command: answer };
    return {
      result: buildResult({ action: '', decision: 'suspended', reasonCode: 'OK', ...found }),
      outputs: { record },
    };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    const { code, message, hint } = error;
    const stage: Stage = { stage: 'refused', ...here, code, message, hint };
    const commentUrl = await tell(plan, stage, given, { inputs, client });
    return { result: refusedResult(error, { ...named, commentUrl }) };
  }
}

/** Says how far it is, in the summary and in the comment. @returns address of the comment */
async function tell(
  plan: RollbackPlan,
  stage: Stage,
  record: string,
  { inputs, client }: { inputs: ActionInputs<typeof DEPLOY>; client: GitHubClient },
): Promise<string | null> {
  const view = await openStageView(record, readEndpoint(inputs));
  await writeSummary(renderStageComment(plan, stage, view));
  const pullNumber = inputs.number('pull-request');
  const author = inputs.text('comment-author') ?? '';
  return tryPostStage(pullNumber === null ? null : { client, pullNumber, author }, plan, stage, view);
}
