import { z } from 'zod';
import { environmentSchema } from '../approve/github-answers.ts';
import type { Reading } from './check.ts';
import { parseAnswer, takeReading, takeReadingOrNull } from './reading.ts';
import { readSchedules, type ScheduleCalls, type ScheduledWorkflow } from './schedule-facts.ts';
import { readWorkflowFiles, type WorkflowFile, type WorkflowTexts } from './workflows.ts';

/** How the subject of a repository's OIDC tokens is made. */
export type OidcSubject = {
  usesDefault: boolean;
  claims: readonly string[];
  /** null: GitHub does not say, as older servers do not */
  immutable: boolean | null;
  /** null: GitHub does not say */
  prefix: string | null;
};

/** What a token of a job has to read for the flow, by the names of `permissions:`. */
export const READ_PERMISSIONS = ['contents', 'pull-requests', 'deployments'] as const;
export type ReadPermission = (typeof READ_PERMISSIONS)[number];

/** The calls of GitHub that the doctor needs; each answers with the body as GitHub sent it, all its pages. */
export type GitHubCalls = ScheduleCalls & {
  readRepository(): Promise<unknown>;
  readEnvironment(name: string): Promise<unknown>;
  readBranchPolicies(environment: string): Promise<unknown>;
  readWorkflowPermissions(): Promise<unknown>;
  readOidcSubject(): Promise<OidcSubject>;
  /** Reads something that needs one permission. */
  tryReading(permission: ReadPermission, branch: string): Promise<unknown>;
};

const repositorySchema = z.object({
  id: z.int(),
  full_name: z.string(),
  default_branch: z.string().min(1),
  private: z.boolean(),
  pushed_at: z.string().nullable(),
  owner: z.object({ id: z.int(), login: z.string() }),
});
export type RepositoryFacts = z.infer<typeof repositorySchema>;

const gatedEnvironmentSchema = environmentSchema.extend({
  deployment_branch_policy: z
    .object({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() })
    .nullable(),
});
export type EnvironmentFacts = z.infer<typeof gatedEnvironmentSchema>;

const branchPoliciesSchema = z.array(z.object({ name: z.string(), type: z.string().optional() }));
export type BranchPolicy = z.infer<typeof branchPoliciesSchema>[number];

/** "Get default workflow permissions for a repository" (REST API). */
const workflowPermissionsSchema = z.object({
  default_workflow_permissions: z.enum(['read', 'write']),
  can_approve_pull_request_reviews: z.boolean(),
});
export type WorkflowPermissions = z.infer<typeof workflowPermissionsSchema>;

export type GitHubFacts = {
  repository: Reading<RepositoryFacts>;
  environment: Reading<EnvironmentFacts | null>;
  /** null: the environment has no list of its own */
  branchPolicies: Reading<BranchPolicy[]> | null;
  permissions: { name: ReadPermission; reading: Reading<unknown> }[];
  workflowPermissions: Reading<WorkflowPermissions>;
  oidc: Reading<OidcSubject>;
  schedules: ScheduledWorkflow[];
  workflowFiles: WorkflowFile[];
};

export type GitHubRequest = {
  repository: string;
  environment: string;
  /** the branch that the roles trust; null: the default branch */
  branch: string | null;
  /** files below .github/workflows that run on a schedule */
  workflows: readonly string[];
  /** the workflows that this version comes with */
  published: WorkflowTexts;
};

/** Reads what GitHub says of a repository. */
export async function readGitHubFacts(calls: GitHubCalls, request: GitHubRequest): Promise<GitHubFacts> {
  const repository = await takeReading(async () =>
    parseAnswer(`Repository ${request.repository}`, repositorySchema, await calls.readRepository()),
  );
  const { environment: name } = request;
  const branch = request.branch ?? (repository.readable ? repository.value.default_branch : 'main');
  const [environment, workflowPermissions, oidc, schedules, workflowFiles, permissions] = await Promise.all([
    takeReadingOrNull(async () =>
      parseAnswer(`Environment ${name}`, gatedEnvironmentSchema, await calls.readEnvironment(name)),
    ),
    takeReading(async () =>
      parseAnswer(
        'Permissions of workflows',
        workflowPermissionsSchema,
        await calls.readWorkflowPermissions(),
      ),
    ),
    takeReading(() => calls.readOidcSubject()),
    readSchedules(calls, request.workflows, branch),
    readWorkflowFiles((path) => takeReadingOrNull(() => calls.readFile(path, branch)), request.published),
    Promise.all(
      READ_PERMISSIONS.map(async (permission) => ({
        name: permission,
        reading: await takeReading(() => calls.tryReading(permission, branch)),
      })),
    ),
  ]);
  const hasOwnList =
    environment.readable && environment.value?.deployment_branch_policy?.custom_branch_policies === true;
  const branchPolicies = hasOwnList
    ? await takeReading(async () =>
        parseAnswer(`Branches of ${name}`, branchPoliciesSchema, await calls.readBranchPolicies(name)),
      )
    : null;
  return {
    repository,
    environment,
    branchPolicies,
    permissions,
    workflowPermissions,
    oidc,
    schedules,
    workflowFiles,
  };
}
