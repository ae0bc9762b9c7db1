import type { ApprovalCheck } from './approval-file.ts';

/** Where the plan was shown to the reviewer. */
export type Shown =
  | {
      where: 'comment';
      pullNumber: number;
      /** Login of the account that posts our comments, such as `github-actions[bot]`. */
      author: string;
    }
  /** An output of an earlier job of the same run, which also wrote the summary: only that run can have set it. */
  | { where: 'summary'; digest: string };

type RequestOfAll = {
  /** `owner/name` */
  repository: string;
  runId: number;
  rollbackId: string;
  /** Digest of the plan that is about to start, computed from the files that will run. */
  digest: string;
  now: Date;
};

export type EnvironmentRequest = RequestOfAll & {
  kind: 'environment';
  environment: string;
  /** Whether administrators may be able to bypass the rules. The answer goes into approval.json. */
  adminBypass: 'refuse' | 'accept';
  shown: Shown;
};

export type CodeOwnerRequest = RequestOfAll & {
  kind: 'code-owner-review';
  shown: Extract<Shown, { where: 'comment' }>;
  /** Commit of the plan; it must be the head of the pull request. */
  commit: string;
  /** File of the plan in the repository, whose owners count: `rollbacks/<id>/plan.json`. */
  planPath: string;
};

export type NoApprovalRequest = RequestOfAll & { kind: 'none' };

export type ProofRequest = EnvironmentRequest | CodeOwnerRequest | NoApprovalRequest;

/** Takes down what was looked at, also when a later check refuses. */
export type Note = (check: ApprovalCheck['check'], found: ApprovalCheck['found']) => void;
