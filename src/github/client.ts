import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { RunbookError } from '../errors.ts';

/** Longest wait for a rate limit, in seconds. A limit that lasts longer ends the step, so that a person sees it. */
const MAX_RATE_LIMIT_WAIT_SECONDS = 120;
const MAX_RATE_LIMIT_RETRIES = 2;
const RETRIES = 3;

export type GitHubClient = {
  octokit: ReturnType<typeof getOctokit>;
  owner: string;
  repo: string;
};

/**
 * Lets every request through at once. The plugin's type asks for a Bottleneck.Group, of which it calls nothing else.
 * @see openGitHub
 */
const UNPACED = {
  key: () => ({
    schedule: (_options: object, run: (...args: unknown[]) => unknown, ...args: unknown[]) => run(...args),
  }),
} as never;

/**
 * Opens GitHub's API for one repository. Failed requests are sent again, and a rate limit is waited for where GitHub
 * says how long (`retry-after`, `x-ratelimit-reset`). Requests are not paced: a stage writes fewer than ten times, and
 * the plugin's three seconds between two writes would keep people waiting for the comment.
 * @param options `repository`: `owner/name`. `baseUrl`: of the API, by default GITHUB_API_URL or api.github.com.
 *   `retryUnitMs`: what one second of waiting takes; tests make it shorter
 * @throws RunbookError GITHUB_UNAUTHORISED without a token, INVALID_OPTION for a malformed repository
 */
export function openGitHub(options: {
  token: string;
  repository: string;
  baseUrl?: string;
  retryUnitMs?: number;
}): GitHubClient {
  const [owner = '', repo = '', ...rest] = options.repository.split('/');
  if (owner === '' || repo === '' || rest.length > 0) {
    throw new RunbookError('INVALID_OPTION', `'${options.repository}' is not owner/name.`, {
      hint: 'pass the repository as GITHUB_REPOSITORY has it, for example acme/data',
    });
  }
  if (options.token === '') {
    throw new RunbookError('GITHUB_UNAUTHORISED', 'There is no token for GitHub.', {
      hint: 'pass the input "github-token", by default the token of the job',
    });
  }
  const retryAfterBaseValue = options.retryUnitMs ?? 1000;
  const wantsRetry = (seconds: number, _request: object, _octokit: object, retryCount: number) =>
    seconds <= MAX_RATE_LIMIT_WAIT_SECONDS && retryCount < MAX_RATE_LIMIT_RETRIES;
  const octokit = getOctokit(
    options.token,
    {
      ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
      // Octokit warns of every retry on its own; what comes of it is in our error.
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      retry: {
        retries: RETRIES,
        retryAfterBaseValue,
        doNotRetry: [400, 401, 403, 404, 410, 413, 422, 429, 451],
      },
      throttle: {
        retryAfterBaseValue,
        onRateLimit: wantsRetry,
        onSecondaryRateLimit: wantsRetry,
        write: UNPACED,
        notifications: UNPACED,
      },
    },
    retry,
    throttling,
  );
  return { octokit, owner, repo };
}

function ignore(): void {}
