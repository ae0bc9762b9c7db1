import type { Answer } from './answers.ts';
import type { GitHubState, Token } from './state.ts';

export type RouteContext = {
  state: GitHubState;
  token: Token;
  /** Named parts of the path, decoded. */
  params: Record<string, string>;
  url: URL;
  body: unknown;
};

export type GitHubRoute = {
  method: string;
  /** `/repos/{owner}/{repo}/environments/{name}`; a last `{+path}` takes slashes too. */
  path: string;
  /** One of these permissions does, such as `pull_requests=write`; empty: any token. */
  needs: readonly string[];
  handle: (context: RouteContext) => Answer;
};

/** Finds the route of a request and the values of its path. */
export function findGitHubRoute(
  routes: readonly GitHubRoute[],
  method: string,
  path: string,
): { route: GitHubRoute; params: Record<string, string> } | null {
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchPath(route.path, path);
    if (params !== null) return { route, params };
  }
  return null;
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const found = path.split('/');
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const rest = /^\{\+(\w+)\}$/.exec(part)?.[1];
    if (rest !== undefined) {
      params[rest] = decodeURIComponent(found.slice(index).join('/'));
      return params[rest] === '' ? null : params;
    }
    const value = found[index];
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (value === undefined || (name === undefined && value !== part)) return null;
    if (name !== undefined) params[name] = decodeURIComponent(value);
  }
  return wanted.length === found.length ? params : null;
}

/** Repository of the path, and a number in it. */
export function repositoryOf({ state, params }: RouteContext) {
  return state.repository(params.owner ?? '', params.repo ?? '');
}
