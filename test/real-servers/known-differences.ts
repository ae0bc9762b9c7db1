import type { ServerName } from '../conformance/deviations.ts';

/** What the stories meet on a server that S3 does otherwise; the conformance suite has the whole list. */
export type KnownDifferences = {
  /** Keys that S3 takes, and that the server refuses, lists as something else or keeps no versions of; with what was seen. */
  keys: Readonly<Record<string, string>>;
  /** A copy does not keep Expires; `verify` has to say so of every such copy. */
  copyLosesExpires: boolean;
  /** GOVERNANCE becomes COMPLIANCE without a bypass; S3 is said to refuse that. */
  convertsGovernance: boolean;
};

export const KNOWN_DIFFERENCES: Record<ServerName, KnownDifferences> = {
  sandbox: { keys: {}, copyLosesExpires: false, convertsGovernance: false },
  minio: {
    keys: {
      'a//b': '400 XMinioInvalidObjectName.',
      '../up': '400 XMinioInvalidResourceName.',
      'a/': 'Has no versions: a delete removes the object for good.',
      'a/b': 'Not listed where there are `a` and `a/` too.',
    },
    copyLosesExpires: true,
    convertsGovernance: false,
  },
  ministack: {
    keys: {
      'carriage\rreturn': 'Listed as it is, which an XML reader takes for a line feed.',
    },
    copyLosesExpires: false,
    convertsGovernance: true,
  },
};
