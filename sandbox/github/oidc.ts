import { createSign } from 'node:crypto';
import { type Answer, GitHubError, json } from './answers.ts';
import type { GitHubState } from './state.ts';

/** Path of ACTIONS_ID_TOKEN_REQUEST_URL, and of the key that its tokens are signed with. */
export const OIDC_TOKEN_PATH = '/oidc/token';
const OIDC_KEYS_PATH = '/oidc/.well-known/jwks';
const LIFETIME_SECONDS = 300;

/** The token endpoint of a job with `id-token: write`: a signed JWT with the claims of that job. */
export function answerOidc(state: GitHubState, url: URL, secret: string): Answer | null {
  if (url.pathname === OIDC_KEYS_PATH) {
    return json({
      keys: [
        { ...state.signingKey.publicKey.export({ format: 'jwk' }), kid: 'double', alg: 'RS256', use: 'sig' },
      ],
    });
  }
  if (url.pathname !== OIDC_TOKEN_PATH) return null;
  const claims = state.oidcRequests.get(secret);
  if (claims === undefined) throw new GitHubError(401, 'Unauthorized');
  const issuedAt = Math.floor(state.now().getTime() / 1000);
  const value = sign(state, {
    iss: url.origin,
    aud: url.searchParams.get('audience') ?? 'https://github.com',
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
    ...claims,
  });
  return json({ count: value.length, value });
}

/** Claims of a job; with `environment:` the subject names it and no longer the branch ("OpenID Connect", GitHub Docs). */
export function jobClaims(options: {
  repository: string;
  environment?: string;
  runId: number;
}): Record<string, string> {
  const { repository, environment, runId } = options;
  const context =
    environment === undefined ? 'ref:refs/heads/main' : `environment:${environment.replaceAll(':', '%3A')}`;
  return {
    sub: `repo:${repository}:${context}`,
    repository,
    ref: 'refs/heads/main',
    run_id: String(runId),
    ...(environment === undefined ? {} : { environment }),
  };
}

function sign(state: GitHubState, payload: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'double' })}.${encode(payload)}`;
  const signature = createSign('RSA-SHA256').update(text).sign(state.signingKey.privateKey);
  return `${text}.${signature.toString('base64url')}`;
}
