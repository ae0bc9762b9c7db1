import { RunbookError } from '../errors.ts';

/** What Octokit throws, as far as it matters here. A failure of the network has the status 500 and no response. */
type RequestFailure = {
  status: number;
  message: string;
  response?: { headers: Record<string, string | number | undefined>; data?: unknown };
};

const TEXT_PULL_REQUESTS_OFF = /not permitted to create or approve pull requests/i;
const TEXT_RATE_LIMIT = /\brate limit\b/i;

/**
 * Sends one request to GitHub, or several pages of it, and turns a failure into one of our codes.
 * @param what the thing asked for, to begin a sentence: `Environment production`
 * @throws RunbookError GITHUB_UNAUTHORISED, GITHUB_DENIED, GITHUB_NOT_FOUND, GITHUB_REFUSED, GITHUB_RATE_LIMITED,
 *   GITHUB_FAILED, PULL_REQUEST_NOT_ALLOWED
 */
export async function callGitHub<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof RunbookError || !isRequestFailure(cause)) throw cause;
    throw explain(what, cause);
  }
}

/** Whether GitHub may have carried out a request although it answered with a failure. */
export function mayHaveHappened(error: unknown): boolean {
  return error instanceof RunbookError && error.code === 'GITHUB_FAILED';
}

function explain(what: string, failure: RequestFailure): RunbookError {
  const { status, message, response } = failure;
  const said = `${what}: GitHub answered ${status}: ${message.split('\n', 1)[0]}`;
  const make = (code: ConstructorParameters<typeof RunbookError>[0], hint: string) =>
    new RunbookError(code, said, { hint, cause: failure });
  if (TEXT_PULL_REQUESTS_OFF.test(message)) {
    return make(
      'PULL_REQUEST_NOT_ALLOWED',
      'Settings, Actions, General, "Workflow permissions": tick "Allow GitHub Actions to create and approve pull requests"; an organisation may have to allow it first. No `permissions:` grants it. Without it the plan is in the summary of the run',
    );
  }
  if ((status === 403 || status === 429) && TEXT_RATE_LIMIT.test(message)) {
    return make(
      'GITHUB_RATE_LIMITED',
      `wait${describeReset(response?.headers['x-ratelimit-reset'])}, then start the step again`,
    );
  }
  if (status === 401) return make('GITHUB_UNAUTHORISED', 'pass a valid token in "github-token"');
  if (status === 403)
    return make('GITHUB_DENIED', describePermission(response?.headers['x-accepted-github-permissions']));
  if (status === 404) return make('GITHUB_NOT_FOUND', 'check the name, and whether the token may read it');
  if (status >= 400 && status < 500) return make('GITHUB_REFUSED', 'report this, with the message');
  return make('GITHUB_FAILED', 'look at https://www.githubstatus.com, then start the step again');
}

/** GitHub names the permissions that would do: `pull_requests=write; issues=write`. */
function describePermission(accepted: string | number | undefined): string {
  if (typeof accepted !== 'string' || !/^[a-z_=;, ]+$/.test(accepted)) {
    return 'grant the permission under `permissions:` of the job';
  }
  const permissions = accepted.replaceAll('_', '-').replaceAll('=', ': ').replaceAll('; ', ' or ');
  return `grant \`${permissions}\` under \`permissions:\` of the job; what is not listed there is none`;
}

function describeReset(reset: string | number | undefined): string {
  const seconds = Number(reset);
  return Number.isFinite(seconds) && seconds > 0
    ? ` until ${new Date(seconds * 1000).toISOString()}`
    : ' some minutes';
}

function isRequestFailure(error: unknown): error is RequestFailure {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}
