import { createHash } from 'node:crypto';

/** What the double keeps of a repository, in the words of GitHub's REST API. */

export type Account = { id: number; login: string; type: 'User' | 'Bot' | 'Organization' };
export type Comment = {
  id: number;
  node_id: string;
  issue: number;
  body: string;
  user: Account;
  isMinimised: boolean;
};
export type PullRequest = {
  number: number;
  state: 'open' | 'closed';
  title: string;
  body: string;
  head: string;
  base: string;
  user: Account;
  fork: string | null;
};
export type Review = {
  id: number;
  pull: number;
  state: string;
  commit_id: string;
  submitted_at: string;
  user: Account;
};
export type Environment = {
  id: number;
  name: string;
  canAdminsBypass: boolean;
  /** null: the rule is not set. */
  reviewers:
    | ({ type: 'User'; reviewer: Account } | { type: 'Team'; reviewer: { id: number; slug: string } })[]
    | null;
  preventSelfReview: boolean;
  /** Branches that may use it: all (null), protected ones, or those that match a pattern of the list. */
  branchPolicy: 'protected' | readonly string[] | null;
};
/** A workflow as GitHub knows it; its file is in the tree. */
export type Workflow = {
  id: number;
  path: string;
  state: string;
  scheduledRuns: { created_at: string; status: string; conclusion: string | null; html_url: string }[];
};
export type RunReview = {
  state: 'approved' | 'rejected';
  comment: string;
  user: Account;
  environments: string[];
};
export type Run = {
  id: number;
  run_attempt: number;
  event: string;
  actor: Account;
  triggering_actor: Account;
  head_sha: string;
  reviews: RunReview[];
  waitingFor: Set<string>;
};
export type Deployment = {
  id: number;
  environment: string;
  statuses: { state: string; created_at: string; log_url: string }[];
};
export type Commit = { tree: Map<string, string>; message: string; parents: string[] };

export class Repository {
  readonly id = 5001;
  readonly owner: string;
  readonly name: string;
  readonly ownerId = 6001;
  defaultBranch = 'main';
  isPrivate = false;
  pushedAt = '2025-08-30T00:00:00Z';
  /** "Workflow permissions" of the settings of Actions. */
  defaultWorkflowPermissions: 'read' | 'write' = 'read';
  /** "Allow GitHub Actions to create and approve pull requests", off by default. */
  actionsMayOpenPullRequests = true;
  readonly comments: Comment[] = [];
  readonly pulls: PullRequest[] = [];
  readonly reviews: Review[] = [];
  readonly environments: Environment[] = [];
  readonly runs: Run[] = [];
  readonly workflows: Workflow[] = [];
  readonly deployments: Deployment[] = [];
  readonly commits = new Map<string, Commit>();
  readonly trees = new Map<string, Map<string, string>>();
  /** Branch → commit. */
  readonly branches = new Map<string, string>();
  readonly admins = new Set<string>();
  oidc = { use_default: true, use_immutable_subject: false, sub_claim_prefix: '' };

  constructor(fullName: string) {
    const [owner = '', name = ''] = fullName.split('/');
    this.owner = owner;
    this.name = name;
    this.oidc.sub_claim_prefix = `repo:${fullName}`;
    this.commit('main', new Map([['README.md', '# A repository\n']]), 'first');
  }

  get fullName(): string {
    return `${this.owner}/${this.name}`;
  }

  /** Puts files on top of a branch. */
  commit(branch: string, files: ReadonlyMap<string, string>, message: string): string {
    const parent = this.branches.get(branch) ?? this.branches.get(this.defaultBranch);
    const tree = new Map([...(parent === undefined ? [] : (this.commits.get(parent)?.tree ?? [])), ...files]);
    const sha = this.addCommit({ tree, message, parents: parent === undefined ? [] : [parent] });
    this.branches.set(branch, sha);
    return sha;
  }

  addTree(tree: Map<string, string>): string {
    const sha = hash(['tree', ...[...tree].sort().flat()]);
    this.trees.set(sha, tree);
    return sha;
  }

  addCommit(commit: Commit): string {
    const sha = hash(['commit', this.addTree(commit.tree), commit.message, ...commit.parents]);
    this.commits.set(sha, commit);
    return sha;
  }

  /** The commit of a branch name or SHA. */
  resolve(ref: string): string | undefined {
    return this.branches.get(ref.replace(/^refs\/heads\//, '')) ?? (this.commits.has(ref) ? ref : undefined);
  }
}

function hash(parts: readonly string[]): string {
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex');
}
