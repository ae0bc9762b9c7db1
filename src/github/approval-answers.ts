import { callGitHub } from './call.ts';
import type { GitHubClient } from './client.ts';
import { readFileText } from './file-text.ts';

/** GitHub's limit of a page. */
const PER_PAGE = 100;

/**
 * The answers that the proof of approval reads, as GitHub sends them, with all their pages. Nothing is interpreted
 * here, and a 404 is never turned into an empty list.
 * @param team is looked for in the organisation that owns the repository
 */
export function openApprovalAnswers(client: GitHubClient) {
  const { octokit, owner, repo } = client;
  const here = { owner, repo };
  const dataOf = async (what: string, call: () => Promise<{ data: unknown }>): Promise<unknown> =>
    (await callGitHub(what, call)).data;
  return {
    readEnvironment: (name: string) =>
      dataOf(`Environment ${name}`, () =>
        octokit.rest.repos.getEnvironment({ ...here, environment_name: name }),
      ),

    readRun: (runId: number) =>
      dataOf(`Run ${runId}`, () => octokit.rest.actions.getWorkflowRun({ ...here, run_id: runId })),

    readReviewsOfRun: (runId: number) =>
      dataOf(`Approvals of run ${runId}`, () =>
        octokit.rest.actions.getReviewsForRun({ ...here, run_id: runId }),
      ),

    readTeamMembership: (team: string, login: string) =>
      dataOf(`Team ${team}`, () =>
        octokit.rest.teams.getMembershipForUserInOrg({ org: owner, team_slug: team, username: login }),
      ),

    readComments: (pullNumber: number): Promise<unknown> => listComments(client, pullNumber),

    readPullRequest: (pullNumber: number) =>
      dataOf(`Pull request ${pullNumber}`, () =>
        octokit.rest.pulls.get({ ...here, pull_number: pullNumber }),
      ),

    readReviews: (pullNumber: number): Promise<unknown> =>
      callGitHub(`Reviews of pull request ${pullNumber}`, () =>
        octokit.paginate(octokit.rest.pulls.listReviews, {
          ...here,
          pull_number: pullNumber,
          per_page: PER_PAGE,
        }),
      ),

    readFile: (path: string, ref: string): Promise<unknown> => readFileText(client, path, ref),

    /** Statuses of the newest deployments to an environment: this run's is among the last ones made. */
    readDeploymentStatuses: async (environment: string): Promise<unknown> => {
      const deployments = await callGitHub(`Deployments to ${environment}`, () =>
        octokit.rest.repos.listDeployments({ ...here, environment, per_page: 10 }),
      );
      const statuses = deployments.data.map(({ id }) =>
        callGitHub(`Statuses of deployment ${id}`, () =>
          octokit.rest.repos.listDeploymentStatuses({ ...here, deployment_id: id, per_page: PER_PAGE }),
        ),
      );
      return (await Promise.all(statuses)).flatMap(({ data }) => data);
    },
  };
}

/** All comments of a pull request, oldest first. @throws RunbookError the codes of callGitHub */
export function listComments({ octokit, owner, repo }: GitHubClient, pullNumber: number) {
  return callGitHub(`Comments of pull request ${pullNumber}`, () =>
    octokit.paginate(octokit.rest.issues.listComments, {
      owner,
      repo,
      issue_number: pullNumber,
      per_page: PER_PAGE,
    }),
  );
}
