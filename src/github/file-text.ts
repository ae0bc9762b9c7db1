import { RunbookError } from '../errors.ts';
import { callGitHub } from './call.ts';
import type { GitHubClient } from './client.ts';

/**
 * Reads a text file at a branch or commit. GitHub sends contents of up to 1 MB; a larger file is refused.
 * @throws RunbookError GITHUB_REFUSED for a folder or a large file, and the codes of callGitHub
 */
export async function readFileText(
  { octokit, owner, repo }: GitHubClient,
  path: string,
  ref: string,
): Promise<string> {
  const { data } = await callGitHub(`${path} of ${ref}`, () =>
    octokit.rest.repos.getContent({ owner, repo, path, ref }),
  );
  if (!Array.isArray(data) && data.type === 'file' && data.encoding === 'base64') {
    return Buffer.from(data.content, 'base64').toString('utf8');
  }
  throw new RunbookError('GITHUB_REFUSED', `${path} of ${ref} is no file of up to 1 MB.`, {
    hint: `make ${path} an ordinary file`,
  });
}
