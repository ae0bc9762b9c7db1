import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, GitHubError } from './answers.ts';
import { answerOidc, OIDC_TOKEN_PATH } from './oidc.ts';
import { findGitHubRoute, type GitHubRoute } from './route.ts';
import { ACTIONS_ROUTES } from './routes/actions.ts';
import { GIT_ROUTES } from './routes/git.ts';
import { PULL_ROUTES } from './routes/pulls.ts';
import { SETTINGS_ROUTES } from './routes/settings.ts';
import { GitHubState, type Token } from './state.ts';

const LOOPBACK = '127.0.0.1';
const ROUTES: readonly GitHubRoute[] = [...ACTIONS_ROUTES, ...SETTINGS_ROUTES, ...PULL_ROUTES, ...GIT_ROUTES];
const RATE_LIMIT_SECONDS = 1;

export type GitHubRequest = { method: string; path: string; status: number };

/**
 * A strict GitHub on loopback: the REST calls, the mutation and the token endpoint that s3-rewind uses, and no others.
 * What it does not know is answered with 404 and kept in `unknown`, so that a test can fail on it.
 */
export class GitHubDouble {
  readonly state = new GitHubState();
  readonly requests: GitHubRequest[] = [];
  readonly unknown: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      this.#answer(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  /** For GITHUB_API_URL. */
  get url(): string {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw new Error('the double is not listening');
    return `http://${LOOPBACK}:${address.port}`;
  }

  /** For ACTIONS_ID_TOKEN_REQUEST_URL; `&audience=…` is added to it. */
  get oidcUrl(): string {
    return `${this.url}${OIDC_TOKEN_PATH}?api-version=2.0`;
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, LOOPBACK, resolve);
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', this.url);
    const method = incoming.method ?? 'GET';
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    let answer: Answer | 'reset';
    try {
      answer = this.#serve(method, url, Buffer.concat(chunks).toString('utf8'), incoming.headers);
    } catch (error) {
      answer =
        error instanceof GitHubError
          ? error.answer
          : { status: 500, body: { message: error instanceof Error ? error.stack : String(error) } };
    }
    this.requests.push({ method, path: url.pathname, status: answer === 'reset' ? 0 : answer.status });
    if (answer === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    outgoing.writeHead(answer.status, {
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '999',
      ...answer.headers,
    });
    outgoing.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #serve(method: string, url: URL, text: string, headers: IncomingMessage['headers']): Answer | 'reset' {
    const secret = /^(?:bearer|token) (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    const oidc = answerOidc(this.state, url, secret);
    if (oidc !== null) return oidc;
    const token = this.state.tokens.get(secret);
    if (token === undefined) throw new GitHubError(401, 'Bad credentials');
    const fault = this.#strike(method);
    const found = findGitHubRoute(ROUTES, method, url.pathname);
    if (found === null) {
      this.unknown.push(`${method} ${url.pathname}`);
      throw new GitHubError(404, 'Not Found');
    }
    assertPermission(token, found.route);
    const answer = found.route.handle({
      state: this.state,
      token,
      params: found.params,
      url,
      body: text === '' ? undefined : parseJson(text),
    });
    return fault === 'reset-after' ? 'reset' : answer;
  }

  /** Takes one of the limits that a test has set. @throws GitHubError */
  #strike(method: string): 'reset-after' | undefined {
    const limit = this.state.limits.find((one) => one.requests > 0 && (one.method ?? method) === method);
    if (limit === undefined) return undefined;
    limit.requests -= 1;
    switch (limit.kind) {
      case 'primary':
        throw new GitHubError(403, 'API rate limit exceeded for installation ID 1.', {
          headers: {
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + RATE_LIMIT_SECONDS),
          },
        });
      case 'secondary':
        throw new GitHubError(
          403,
          'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
          {
            headers: { 'retry-after': String(RATE_LIMIT_SECONDS) },
          },
        );
      case 'server-error':
        throw new GitHubError(502, 'Server Error');
      case 'reset-after':
        return 'reset-after';
    }
  }
}

/** Starts a double on 127.0.0.1. Stop it when done: it leaves no handle. */
export async function startGitHubDouble(port = 0): Promise<GitHubDouble> {
  const double = new GitHubDouble();
  await double.start(port);
  return double;
}

/** A person may do anything here; a workflow's token what its job was granted. @throws GitHubError 403 */
function assertPermission({ permissions }: Token, { needs }: GitHubRoute): void {
  if (permissions === 'person' || needs.length === 0) return;
  const isGranted = needs.some((need) => {
    const [name = '', level = ''] = need.split('=');
    // Every token may read what is public of a repository.
    const granted = name === 'metadata' ? 'read' : permissions[name.replaceAll('_', '-')];
    return granted === 'write' || granted === level;
  });
  if (isGranted) return;
  throw new GitHubError(403, 'Resource not accessible by integration', {
    headers: { 'x-accepted-github-permissions': needs.join('; ') },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON');
  }
}
