import { openApprovalAnswers } from './approval-answers.ts';
import { callGitHub } from './call.ts';
import type { GitHubClient } from './client.ts';
import { readOidcSubject } from './oidc-subject.ts';

/** GitHub's limit of a page. */
const PER_PAGE = 100;

/**
 * The answers that the doctor reads, as GitHub sends them, with all their pages. Every call reads; none changes
 * anything.
 */
export function openDoctorAnswers(client: GitHubClient) {
  const { octokit, owner, repo } = client;
  const here = { owner, repo };
  const { readEnvironment, readFile } = openApprovalAnswers(client);
  const dataOf = async (what: string, call: () => Promise<{ data: unknown }>): Promise<unknown> =>
    (await callGitHub(what, call)).data;
  return {
    readEnvironment,
    readFile,
    readOidcSubject: () => readOidcSubject(client),

    readRepository: () => dataOf(`Repository ${owner}/${repo}`, () => octokit.rest.repos.get(here)),

    readBranchPolicies: (environment: string): Promise<unknown> =>
      callGitHub(`Branches of environment ${environment}`, () =>
        octokit.paginate(octokit.rest.repos.listDeploymentBranchPolicies, {
          ...here,
          environment_name: environment,
          per_page: PER_PAGE,
        }),
      ),

    readWorkflowPermissions: () =>
      dataOf('Permissions of workflows', () =>
        octokit.rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository(here),
      ),

    listWorkflows: (): Promise<unknown> =>
      callGitHub('Workflows', () =>
        octokit.paginate(octokit.rest.actions.listRepoWorkflows, { ...here, per_page: PER_PAGE }),
      ),

    readLastScheduledRun: (workflowId: number) =>
      dataOf(`Scheduled runs of workflow ${workflowId}`, () =>
        octokit.rest.actions.listWorkflowRuns({
          ...here,
          workflow_id: workflowId,
          event: 'schedule',
          per_page: 1,
        }),
      ),

    /** Reads the least there is that needs one permission of a token. */
    tryReading: (permission: 'contents' | 'pull-requests' | 'deployments', branch: string) => {
      switch (permission) {
        case 'contents':
          return dataOf(`Branch ${branch}`, () =>
            octokit.rest.git.getRef({ ...here, ref: `heads/${branch}` }),
          );
        case 'pull-requests':
          return dataOf('Pull requests', () => octokit.rest.pulls.list({ ...here, per_page: 1 }));
        case 'deployments':
          return dataOf('Deployments', () => octokit.rest.repos.listDeployments({ ...here, per_page: 1 }));
      }
    },
  };
}
