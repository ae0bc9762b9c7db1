import { generateKeyPairSync } from 'node:crypto';
import { GitHubError, notFound } from './answers.ts';
import { type Account, type Environment, Repository, type Run } from './repository.ts';

/** Permission → level, as `permissions:` of a job has them. */
export type Permissions = Readonly<Record<string, 'read' | 'write'>>;
/** A token of a workflow (`permissions`), or of a person, who may do what their role allows. */
export type Token = { account: Account; permissions: Permissions | 'person' };

export type Limit = {
  kind: 'primary' | 'secondary' | 'server-error' | 'reset-after';
  requests: number;
  method?: string;
};

export const ACTIONS_BOT: Account = { id: 41_898_282, login: 'github-actions[bot]', type: 'Bot' };

/** Everything that the double holds, and what people do on GitHub's pages. */
export class GitHubState {
  readonly repositories = new Map<string, Repository>();
  readonly accounts = new Map<string, Account>([[ACTIONS_BOT.login, ACTIONS_BOT]]);
  /** `organisation/team` → logins. */
  readonly teams = new Map<string, Set<string>>();
  readonly tokens = new Map<string, Token>();
  readonly limits: Limit[] = [];
  /** The secret that a job with `id-token: write` gets, and the claims that belong to it. */
  readonly oidcRequests = new Map<string, Record<string, string>>();
  now: () => Date = () => new Date();
  #lastId = 1000;
  #signingKey: ReturnType<typeof newSigningKey> | undefined;

  /** Made when it is first asked for: most tests never do, and it takes longer than they. */
  get signingKey(): ReturnType<typeof newSigningKey> {
    this.#signingKey ??= newSigningKey();
    return this.#signingKey;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  addRepository(fullName: string): Repository {
    const repository = new Repository(fullName);
    this.repositories.set(fullName.toLowerCase(), repository);
    return repository;
  }

  repository(owner: string, name: string): Repository {
    const found = this.repositories.get(`${owner}/${name}`.toLowerCase());
    if (found === undefined) throw notFound();
    return found;
  }

  addPerson(login: string): Account {
    const account: Account = { id: this.nextId(), login, type: 'User' };
    this.accounts.set(login, account);
    this.tokens.set(`token-of-${login}`, { account, permissions: 'person' });
    return account;
  }

  account(login: string): Account {
    const found = this.accounts.get(login);
    if (found === undefined) throw new Error(`the double knows no account ${login}`);
    return found;
  }

  /** The token that a job gets for its `permissions:`. */
  addWorkflowToken(token: string, permissions: Permissions): string {
    this.tokens.set(token, { account: ACTIONS_BOT, permissions });
    return token;
  }

  addEnvironment(
    repository: Repository,
    name: string,
    options: Partial<Omit<Environment, 'id' | 'name'>> = {},
  ): Environment {
    const environment: Environment = {
      id: this.nextId(),
      name,
      canAdminsBypass: true,
      reviewers: null,
      preventSelfReview: false,
      branchPolicy: null,
      ...options,
    };
    repository.environments.push(environment);
    return environment;
  }

  /** Starts a run as "Run workflow" does. */
  startRun(
    repository: Repository,
    login: string,
    options: Partial<Pick<Run, 'id' | 'event' | 'run_attempt'>> = {},
  ): Run {
    const actor = this.account(login);
    const run: Run = {
      id: this.nextId(),
      run_attempt: 1,
      event: 'workflow_dispatch',
      actor,
      triggering_actor: actor,
      head_sha: repository.branches.get(repository.defaultBranch) ?? '',
      reviews: [],
      waitingFor: new Set(),
      ...options,
    };
    repository.runs.push(run);
    return run;
  }

  /** A job of the run reaches `environment:`; without reviewers it goes on at once. */
  reachEnvironment(repository: Repository, run: Run, name: string): 'waiting' | 'running' {
    const environment = repository.environments.find((known) => known.name === name);
    const isGated = environment?.reviewers != null && environment.reviewers.length > 0;
    // GitHub makes an environment that a job names and that does not exist, without any rule.
    if (environment === undefined) this.addEnvironment(repository, name);
    this.addStatus(repository, run, name, isGated ? 'waiting' : 'in_progress');
    if (isGated) run.waitingFor.add(name);
    return isGated ? 'waiting' : 'running';
  }

  /**
   * A person reviews the waiting deployment, as the page "Review deployments" lets them.
   * @throws GitHubError 422 or 403 where GitHub would not let them
   */
  reviewDeployment(
    repository: Repository,
    run: Run,
    options: {
      by: string;
      environment: string;
      state?: 'approved' | 'rejected';
      comment?: string;
      bypass?: boolean;
    },
  ): void {
    const { by, environment: name, state = 'approved', comment = '' } = options;
    const account = this.account(by);
    const environment = repository.environments.find((known) => known.name === name);
    if (environment === undefined || !run.waitingFor.has(name)) {
      throw new GitHubError(422, 'No pending deployment requests to approve or reject');
    }
    const mayBypass = options.bypass === true && environment.canAdminsBypass && repository.admins.has(by);
    const isReviewer = environment.reviewers?.some(({ type, reviewer }) =>
      type === 'User'
        ? reviewer.id === account.id
        : this.teams.get(`${repository.owner}/${reviewer.slug}`)?.has(by),
    );
    if (!mayBypass && !isReviewer) throw new GitHubError(403, 'Resource not accessible');
    if (!mayBypass && environment.preventSelfReview && run.triggering_actor.id === account.id) {
      throw new GitHubError(422, 'You cannot approve your own deployment');
    }
    run.reviews.push({ state, comment, user: account, environments: [name] });
    run.waitingFor.delete(name);
    this.addStatus(repository, run, name, state === 'approved' ? 'queued' : 'failure');
  }

  /** A person reviews a pull request at its head. */
  reviewPullRequest(repository: Repository, number: number, by: string, state: string): void {
    const pull = repository.pulls.find((known) => known.number === number);
    if (pull === undefined) throw notFound();
    repository.reviews.push({
      id: this.nextId(),
      pull: number,
      state,
      commit_id: repository.resolve(pull.head) ?? '',
      submitted_at: this.now().toISOString(),
      user: this.account(by),
    });
  }

  addStatus(repository: Repository, run: Run, environment: string, state: string): void {
    const url = `https://github.com/${repository.fullName}/actions/runs/${run.id}/job/1`;
    let deployment = repository.deployments.find(
      (known) => known.environment === environment && known.statuses.some(({ log_url }) => log_url === url),
    );
    if (deployment === undefined) {
      deployment = { id: this.nextId(), environment, statuses: [] };
      repository.deployments.unshift(deployment);
    }
    deployment.statuses.unshift({ state, created_at: this.now().toISOString(), log_url: url });
  }
}

function newSigningKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}
