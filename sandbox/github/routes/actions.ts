import { z } from 'zod';
import { GitHubError, json, notFound, page, readBody } from '../answers.ts';
import type { Environment, Repository, Run } from '../repository.ts';
import { type GitHubRoute, type RouteContext, repositoryOf } from '../route.ts';

const BASE = '/repos/{owner}/{repo}';
const READ = ['actions=read'];

const reviewBody = z.strictObject({
  environment_ids: z.array(z.int()).min(1),
  state: z.enum(['approved', 'rejected']),
  comment: z.string(),
});

/** Environments, runs, their approvals and deployments, and the form of the OIDC subject. */
export const ACTIONS_ROUTES: GitHubRoute[] = [
  {
    method: 'GET',
    path: `${BASE}/environments/{name}`,
    needs: READ,
    handle: (context) => {
      const environment = repositoryOf(context).environments.find(
        ({ name }) => name.toLowerCase() === context.params.name?.toLowerCase(),
      );
      if (environment === undefined) throw notFound();
      return json(formatEnvironment(environment));
    },
  },
  {
    method: 'GET',
    path: `${BASE}/actions/runs/{run}`,
    needs: READ,
    handle: (context) => json(formatRun(repositoryOf(context), runOf(context))),
  },
  {
    method: 'GET',
    path: `${BASE}/actions/runs/{run}/approvals`,
    needs: READ,
    handle: (context) => {
      const repository = repositoryOf(context);
      return json(
        runOf(context).reviews.map(({ environments, ...review }) => ({
          ...review,
          environments: environments.flatMap((wanted) =>
            repository.environments
              .filter(({ name }) => name === wanted)
              .map(({ id, name }) => ({ id, name })),
          ),
        })),
      );
    },
  },
  {
    method: 'POST',
    path: `${BASE}/actions/runs/{run}/pending_deployments`,
    needs: ['deployments=write'],
    handle: (context) => {
      const { environment_ids: ids, state, comment } = readBody(reviewBody, context.body);
      const repository = repositoryOf(context);
      for (const id of ids) {
        const environment = repository.environments.find((known) => known.id === id);
        if (environment === undefined) throw new GitHubError(422, 'Environment not found');
        context.state.reviewDeployment(repository, runOf(context), {
          by: context.token.account.login,
          environment: environment.name,
          state,
          comment,
        });
      }
      return json([]);
    },
  },
  {
    method: 'GET',
    path: `${BASE}/deployments`,
    needs: ['deployments=read'],
    handle: (context) => {
      const wanted = context.url.searchParams.get('environment');
      const found = repositoryOf(context).deployments.filter(
        ({ environment }) => wanted === null || environment === wanted,
      );
      return page(
        found.map(({ id, environment }) => ({ id, environment })),
        context.url,
      );
    },
  },
  {
    method: 'GET',
    path: `${BASE}/deployments/{id}/statuses`,
    needs: ['deployments=read'],
    handle: (context) => {
      const found = repositoryOf(context).deployments.find(({ id }) => id === Number(context.params.id));
      if (found === undefined) throw notFound();
      return page(found.statuses, context.url);
    },
  },
  {
    method: 'GET',
    path: `${BASE}/actions/oidc/customization/sub`,
    needs: READ,
    handle: (context) => json(repositoryOf(context).oidc),
  },
  {
    method: 'GET',
    path: '/orgs/{org}/teams/{team}/memberships/{login}',
    needs: ['members=read'],
    handle: ({ state, params }) => {
      const members = state.teams.get(`${params.org}/${params.team}`);
      if (members?.has(params.login ?? '') !== true) throw notFound();
      return json({ state: 'active', role: 'member', url: '' });
    },
  },
];

function runOf(context: RouteContext): Run {
  const run = repositoryOf(context).runs.find(({ id }) => id === Number(context.params.run));
  if (run === undefined) throw notFound();
  return run;
}

function formatRun(repository: Repository, run: Run) {
  return {
    id: run.id,
    run_attempt: run.run_attempt,
    event: run.event,
    status: run.waitingFor.size > 0 ? 'waiting' : 'in_progress',
    head_sha: run.head_sha,
    html_url: `https://github.com/${repository.fullName}/actions/runs/${run.id}`,
    actor: run.actor,
    triggering_actor: run.triggering_actor,
    repository: { id: repository.id, full_name: repository.fullName },
  };
}

function formatEnvironment(environment: Environment) {
  const { id, name, reviewers } = environment;
  return {
    id,
    name,
    can_admins_bypass: environment.canAdminsBypass,
    protection_rules:
      reviewers === null
        ? []
        : [
            {
              id: id + 100_000,
              type: 'required_reviewers',
              prevent_self_review: environment.preventSelfReview,
              reviewers,
            },
          ],
    deployment_branch_policy:
      environment.branchPolicy === null
        ? null
        : {
            protected_branches: environment.branchPolicy === 'protected',
            custom_branch_policies: environment.branchPolicy !== 'protected',
          },
  };
}
