import { json, notFound, page } from '../answers.ts';
import { type GitHubRoute, repositoryOf } from '../route.ts';

const BASE = '/repos/{owner}/{repo}';

/** Settings of a repository, its workflows, and the runs that a schedule started. */
export const SETTINGS_ROUTES: GitHubRoute[] = [
  {
    method: 'GET',
    path: `${BASE}/environments/{name}/deployment-branch-policies`,
    needs: ['actions=read'],
    handle: (context) => {
      const environment = repositoryOf(context).environments.find(({ name }) => name === context.params.name);
      if (environment === undefined || !Array.isArray(environment.branchPolicy)) throw notFound();
      const policies = environment.branchPolicy.map((name: string, index) => ({
        id: index + 1,
        name,
        type: 'branch',
      }));
      return page(policies, context.url, (items) => ({
        total_count: policies.length,
        branch_policies: items,
      }));
    },
  },
  {
    method: 'GET',
    path: `${BASE}/actions/permissions/workflow`,
    // No `permissions:` of a job grants it.
    needs: ['administration=read'],
    handle: (context) => {
      const { defaultWorkflowPermissions, actionsMayOpenPullRequests } = repositoryOf(context);
      return json({
        default_workflow_permissions: defaultWorkflowPermissions,
        can_approve_pull_request_reviews: actionsMayOpenPullRequests,
      });
    },
  },
  {
    method: 'GET',
    path: `${BASE}/actions/workflows`,
    needs: ['actions=read'],
    handle: (context) => {
      const workflows = repositoryOf(context).workflows.map(({ id, path, state }) => ({ id, path, state }));
      return page(workflows, context.url, (items) => ({ total_count: workflows.length, workflows: items }));
    },
  },
  {
    method: 'GET',
    path: `${BASE}/actions/workflows/{id}/runs`,
    needs: ['actions=read'],
    handle: (context) => {
      const workflow = repositoryOf(context).workflows.find(({ id }) => id === Number(context.params.id));
      if (workflow === undefined) throw notFound();
      const runs = context.url.searchParams.get('event') === 'schedule' ? workflow.scheduledRuns : [];
      return page(runs, context.url, (items) => ({ total_count: runs.length, workflow_runs: items }));
    },
  },
];
