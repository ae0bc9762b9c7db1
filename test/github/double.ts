import { afterEach, beforeEach, expect } from 'vitest';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import type { Permissions } from '../../sandbox/github/state.ts';
import { type GitHubClient, openGitHub } from '../../src/github/client.ts';

export const REPOSITORY = 'acme/data';
export const ALL: Permissions = {
  actions: 'read',
  contents: 'write',
  'pull-requests': 'write',
  deployments: 'read',
};

/** A double for each test, with a repository, three people and a token; an unknown route fails the test. */
export function useDouble() {
  let double: GitHubDouble;
  beforeEach(async () => {
    double = await startGitHubDouble();
    double.state.addRepository(REPOSITORY);
    for (const login of ['alice', 'bob', 'carol']) double.state.addPerson(login);
    double.state.addWorkflowToken('job', ALL);
  });
  afterEach(async () => {
    await double.stop();
    expect(double.unknown).toEqual([]);
  });
  return {
    get double() {
      return double;
    },
    get repository() {
      return double.state.repository('acme', 'data');
    },
    client(token = 'job'): GitHubClient {
      return openGitHub({ token, repository: REPOSITORY, baseUrl: double.url, retryUnitMs: 2 });
    },
    /** Requests of one method to paths that end so. */
    count(method: string, end: string): number {
      return double.requests.filter((one) => one.method === method && one.path.endsWith(end)).length;
    },
  };
}
