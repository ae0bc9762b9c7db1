import type { Outcome } from '../s3/outcome.ts';
import type { Scenario } from '../s3/rollback.ts';

/** What a comment says beyond the plan: how far the rollback is. Each stage of the run renders it anew. */

export type StageJob = {
  scenario: Scenario;
  /** of a set: which member's */
  bucket?: string;
  /** ID of the S3 Batch Operations job; null: run by the machine of the run. */
  jobId: string | null;
  /** Rows or tasks, whichever `unit` says. */
  total: number;
  done: number;
  /** Rows that were left as they are, by outcome; untrusted neither in name nor in number. */
  left: number;
};

export type Approver = { login: string; remark: string | null };

type Run = { id: number; url: string };

/** `goOn`: command by which a run that was lost or left rows is gone on with; there is none for a record on a runner. */
export type Stage =
  | { stage: 'planned'; run: Run }
  | { stage: 'suspended'; run: Run; jobs: StageJob[]; environment: string | null }
  /** `reviewers`: null where nobody could be named. */
  | { stage: 'waiting'; run: Run; jobs: StageJob[]; environment: string; reviewers: string[] | null }
  /** An earlier run was lost or left rows; `reviewers`: null where nobody could be named. */
  | { stage: 'resuming'; run: Run; jobs: StageJob[]; environment: string; reviewers: string[] | null }
  | { stage: 'refused'; run: Run; code: string; message: string; hint: string }
  | { stage: 'running'; run: Run; jobs: StageJob[]; approver: Approver | null; goOn?: string }
  /** It was started and failed on the way; what was done stays done. */
  | {
      stage: 'stopped';
      run: Run;
      approver: Approver | null;
      code: string;
      message: string;
      hint: string;
      goOn?: string;
    }
  /** S3 restores archived versions; what it has restored was copied. */
  | {
      stage: 'restoring';
      run: Run;
      jobs: StageJob[];
      /** who agreed in this run; null: it goes on as was agreed before */
      approver: Approver | null;
      waiting: number;
      expired: number;
      nextLookAt: string | null;
    }
  | {
      stage: 'done';
      run: Run;
      jobs: StageJob[];
      approver: Approver | null;
      /** What verify compared and found. */
      verified: { compared: number; agrees: number } | null;
      /** Command that plans the way back. */
      undo: string;
      goOn?: string;
    }
  /** An extension of Object Lock came to its end; there is no way back from it. */
  | {
      stage: 'extended';
      run: Run;
      approver: Approver | null;
      /** Versions by outcome, those that there are. */
      outcomes: { outcome: Outcome; versions: number }[];
      /** Versions that were left as they are. */
      left: number;
    };

/** Where the record lies, for links into the console; null on a machine without one. */
export type RecordPlace = {
  bucket: string;
  prefix: string;
  region: string;
  /** of a set: manifests, outcomes and reports are in the records of its members */
  isSet?: boolean;
};
