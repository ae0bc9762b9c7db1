import type { DeployedJob } from '../deploy/jobs-file.ts';
import { RunbookError } from '../errors.ts';
import type { GitHubClient } from '../github/client.ts';
import type { Stage } from '../review/stage.ts';
import { askForApproval } from './ask-for-approval.ts';
import { runCommand } from './command.ts';
import type { DEPLOY } from './contract/deploy.ts';
import { type ActionInputs, readEndpoint } from './inputs.ts';
import { ofBucket, waitingJobs } from './job-counts.ts';
import { buildResult } from './result.ts';
import { type ActionEnd, type ActionStep, refusedResult } from './run-action.ts';
import { openTellingSet } from './set-view.ts';

/** What `deploy --json` answers for a set. */
type DeploySetAnswer = { record: string; members: { bucket: string; jobs: DeployedJob[] }[] };

/** The action `deploy` for a set: stacks and suspended jobs of all its members, then one comment that asks for one approval. */
export async function deploySet(
  { inputs, run }: ActionStep<typeof DEPLOY>,
  record: string,
  client: GitHubClient,
): Promise<ActionEnd> {
  const place = commentPlaceOf(inputs, client);
  const { opened, named, tell } = await openTellingSet(record, readEndpoint(inputs), place);
  const here = { run: { id: run.runId, url: run.url } };
  try {
    const { answer } = await runCommand([
      ...['deploy', ...inputs.arguments()],
      ...[`--repository=${run.repository}`, `--run-id=${run.runId}`],
    ]);
    const made = answer as DeploySetAnswer;
    const jobs = opened.members.flatMap(({ member, plan }) => {
      const own = made.members.find(({ bucket }) => bucket === member.bucket);
      return ofBucket(member.bucket, waitingJobs(plan, own?.jobs ?? []));
    });
    const suspended = { ...here, jobs, environment: inputs.text('environment') };
    const stage = await askForApproval({ stage: 'suspended', ...suspended }, client);
    const found = { ...named, commentUrl: await tell(stage), command: answer };
    return {
      result: buildResult({ action: '', decision: 'suspended', reasonCode: 'OK', ...found }),
      outputs: { record: made.record },
    };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    const { code, message, hint } = error;
    const stage: Stage = { stage: 'refused', ...here, code, message, hint };
    return { result: refusedResult(error, { ...named, commentUrl: await tell(stage) }) };
  }
}

function commentPlaceOf(inputs: ActionInputs<typeof DEPLOY>, client: GitHubClient) {
  const pullNumber = inputs.number('pull-request');
  return pullNumber === null ? null : { client, pullNumber, author: inputs.text('comment-author') ?? '' };
}
