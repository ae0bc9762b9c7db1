import { RunbookError } from '../errors.ts';
import { type CompiledTemplate, compileTemplate, readPartials, readTemplate } from '../render/handlebars.ts';
import { yamlScalar } from '../render/yaml.ts';
import {
  APPROVED_TAG,
  BOOTSTRAP_PATH,
  DRILL_BUCKET_PREFIX,
  LOG_GROUP_PREFIX,
  PLAN_DATABASE_PREFIX,
  PLAN_WORKGROUP,
  ROLLBACK_ROLE_PATH,
  ROLLBACK_TAGS,
} from '../s3/aws-names.ts';

/** What the bootstrap command is given, before any check. */
export type RawBootstrapInputs = {
  repository: string;
  repositoryId?: string | undefined;
  ownerId?: string | undefined;
  branch?: string | undefined;
  environment?: string | undefined;
  planEnvironment?: string | undefined;
  deployEnvironment?: string | undefined;
  cleanupEnvironment?: string | undefined;
  freezeEnvironment?: string | undefined;
  /** true: a role for drills that trusts the branch; a text: that environment */
  drill?: string | true | undefined;
};

/** The roles that a workflow takes on, and where a token may come from: an environment, or else the branch alone. */
export type BootstrapInputs = {
  owner: string;
  name: string;
  /** null: the subject is bound to names alone */
  ids: { owner: string; repository: string } | null;
  branch: string;
  environments: { plan: string | null; deploy: string | null; startJobs: string; cleanup: string | null };
  /** of the freeze role; null: there is none, for whoever may write policies may do anything to a bucket */
  freezeEnvironment: string | null;
  /** of the role for drills; null: there is none */
  drill: { environment: string | null } | null;
};

const REPOSITORY = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))\/([A-Za-z0-9._-]{1,100})$/;
const ID = /^[1-9]\d{0,18}$/;
/** GitHub allows 255 characters; wildcards and variables of IAM have no business in a name that a trust rests on. */
const ENVIRONMENT = /^[^\p{Cc}*?$'"`\\]{1,255}$/u;
const BRANCH = /^(?!\/)[^\p{Cc} ~^:?*$[\\'"`]{1,255}$/u;
const DEFAULT_ENVIRONMENT = 's3-rewind';
const DEFAULT_BRANCH = 'main';

/** @throws RunbookError INVALID_OPTION */
export function parseBootstrapInputs(raw: RawBootstrapInputs): BootstrapInputs {
  const [, owner, name] = REPOSITORY.exec(raw.repository) ?? [];
  if (owner === undefined || name === undefined) {
    throw new RunbookError('INVALID_OPTION', `--repository '${raw.repository}' is not OWNER/REPO.`, {
      hint: 'give it as it stands in the address of the repository: --repository my-org/my-repo',
    });
  }
  const startJobs = parseName(raw.environment ?? DEFAULT_ENVIRONMENT, ENVIRONMENT, 'environment');
  const environments = {
    plan: parseOptional(raw.planEnvironment, 'plan-environment'),
    deploy: parseOptional(raw.deployEnvironment, 'deploy-environment'),
    startJobs,
    cleanup: parseOptional(raw.cleanupEnvironment, 'cleanup-environment'),
  };
  const drill = typeof raw.drill === 'string' ? parseName(raw.drill, ENVIRONMENT, 'drill') : null;
  // Names of environments are not case-sensitive on GitHub.
  for (const [role, environment] of Object.entries({ ...environments, drill })) {
    if (role === 'startJobs' || environment?.toLowerCase() !== startJobs.toLowerCase()) continue;
    throw new RunbookError(
      'INVALID_OPTION',
      `--${role}${role === 'drill' ? '' : '-environment'} '${environment}' is the environment that start-jobs waits in for its approval.`,
      { hint: 'give it an environment without reviewers, or leave it out: then the branch alone is trusted' },
    );
  }
  return {
    owner,
    name,
    ids: parseIds(raw),
    branch: parseName(raw.branch ?? DEFAULT_BRANCH, BRANCH, 'branch'),
    environments,
    freezeEnvironment: parseOptional(raw.freezeEnvironment, 'freeze-environment'),
    drill: raw.drill === undefined ? null : { environment: drill },
  };
}

function parseIds(raw: RawBootstrapInputs): BootstrapInputs['ids'] {
  const { repositoryId, ownerId } = raw;
  if (repositoryId === undefined && ownerId === undefined) return null;
  if (repositoryId !== undefined && ownerId !== undefined && ID.test(repositoryId) && ID.test(ownerId)) {
    return { owner: ownerId, repository: repositoryId };
  }
  throw new RunbookError('INVALID_OPTION', '--repository-id and --owner-id are numbers and go together.', {
    hint: `gh api repos/${raw.repository} --jq '"--repository-id \\(.id) --owner-id \\(.owner.id)"'`,
  });
}

function parseOptional(text: string | undefined, option: string): string | null {
  return text === undefined ? null : parseName(text, ENVIRONMENT, option);
}

function parseName(text: string, pattern: RegExp, option: string): string {
  if (pattern.test(text)) return text;
  throw new RunbookError('INVALID_OPTION', `--${option} '${text}' cannot be trusted by name.`, {
    hint: 'give the name without wildcards, quotes, $ and control characters',
  });
}

/**
 * The subjects that a role trusts, in both forms that GitHub issues ("OpenID Connect reference"): by name, and, where
 * the IDs are known, the immutable one. A job in an environment has no branch in its subject, and `:` of its name is
 * percent-encoded.
 */
function subjectsOf(inputs: BootstrapInputs, environment: string | null): string[] {
  const { owner, name, ids, branch } = inputs;
  const context =
    environment === null ? `ref:refs/heads/${branch}` : `environment:${environment.replaceAll(':', '%3A')}`;
  const forms = [`repo:${owner}/${name}`];
  if (ids !== null) forms.push(`repo:${owner}@${ids.owner}/${name}@${ids.repository}`);
  return forms.map((form) => `${form}:${context}`);
}

const TEMPLATES = new URL('../../templates/', import.meta.url);
let compiled: Promise<CompiledTemplate> | null = null;

/** The template, put together from its resources in `templates/bootstrap/`. */
async function compileBootstrap(): Promise<CompiledTemplate> {
  const partials = await readPartials(new URL('bootstrap/', TEMPLATES), '.yaml.hbs');
  const source = await readTemplate(new URL('bootstrap.yaml.hbs', TEMPLATES));
  return compileTemplate(source, { helpers: { yaml: yamlScalar }, partials });
}

/** Renders the template of the bootstrap stack: once per account and Region, deployed by an administrator. */
export async function renderBootstrapTemplate(inputs: BootstrapInputs): Promise<string> {
  compiled ??= compileBootstrap();
  const trusted = (environment: string | null) => ({
    subjects: subjectsOf(inputs, environment),
    ref: `refs/heads/${inputs.branch}`,
    repositoryId: inputs.ids?.repository ?? '',
  });
  const { plan, deploy, startJobs, cleanup } = inputs.environments;
  const view = {
    repository: `${inputs.owner}/${inputs.name}`,
    plan: trusted(plan),
    deploy: trusted(deploy),
    startJobs: trusted(startJobs),
    cleanup: trusted(cleanup),
    freeze: inputs.freezeEnvironment === null ? null : trusted(inputs.freezeEnvironment),
    drill: inputs.drill === null ? null : trusted(inputs.drill.environment),
    drillBucketPrefix: DRILL_BUCKET_PREFIX,
    approvedTag: APPROVED_TAG,
    ownDigest: `\${aws:PrincipalTag/${ROLLBACK_TAGS.digest}}`,
    // Fn::Sub takes `${!` for a `${` that is not its own.
    ownRecord: {
      plain: `\${aws:PrincipalTag/${ROLLBACK_TAGS.rollback}}`,
      inSub: `\${!aws:PrincipalTag/${ROLLBACK_TAGS.rollback}}`,
    },
    tagKeys: Object.values(ROLLBACK_TAGS),
    rolePath: ROLLBACK_ROLE_PATH,
    bootstrapPath: BOOTSTRAP_PATH,
    logGroupPrefix: LOG_GROUP_PREFIX,
    planWorkgroup: PLAN_WORKGROUP,
    planDatabasePrefix: PLAN_DATABASE_PREFIX,
  };
  return (await compiled)(view);
}
