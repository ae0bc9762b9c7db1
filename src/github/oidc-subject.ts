import { callGitHub } from './call.ts';
import type { GitHubClient } from './client.ts';

export type OidcSubject = {
  /** The default template; otherwise `claims` lists what the subject is made of. */
  usesDefault: boolean;
  claims: readonly string[];
  /** Names with IDs in the subject (`repo:acme@1/data@2:…`); null where GitHub does not say, as on older servers. */
  immutable: boolean | null;
  /** Beginning of the subject up to the environment; null where GitHub does not say. */
  prefix: string | null;
};

/**
 * How the subject of this repository's OIDC tokens is made, which the trust policies of the AWS roles must match.
 * @throws RunbookError the codes of callGitHub
 */
export async function readOidcSubject({ octokit, owner, repo }: GitHubClient): Promise<OidcSubject> {
  const { data } = await callGitHub('The OIDC subject', () =>
    octokit.rest.actions.getCustomOidcSubClaimForRepo({ owner, repo }),
  );
  const answer: {
    use_default: boolean;
    include_claim_keys?: string[];
    use_immutable_subject?: boolean;
    sub_claim_prefix?: string;
  } = data;
  return {
    usesDefault: answer.use_default,
    claims: answer.include_claim_keys ?? [],
    immutable: answer.use_immutable_subject ?? null,
    prefix: answer.sub_claim_prefix ?? null,
  };
}
