import { APPROVED_TAG } from '../s3/aws-names.ts';
import type { DeploySite } from './site.ts';

/** What the tag says while a stack is checked: no digest, so nothing can write, and nothing can change either. */
const CHECKING = 'checking';

/**
 * Does some work with roles of a stack under the tag of an approval, which is taken off whatever happens: what is not
 * watched any more must not write any more.
 * @param work calls `approve` once the stack has been checked; until then the tag says that it is being checked
 */
export async function underApproval<T>(
  site: Pick<DeploySite, 'roles' | 'progress'>,
  roleNames: readonly string[],
  digest: string,
  work: (approve: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const setTag = async (value: string) => {
    for (const name of roleNames) await site.roles.tagRole(name, APPROVED_TAG, value);
  };
  try {
    await setTag(CHECKING);
    return await work(() => setTag(digest));
  } finally {
    await takeTagOff(site, roleNames);
  }
}

/** Takes the tag of an approval off roles; says so where it cannot. */
export async function takeTagOff(
  site: Pick<DeploySite, 'roles' | 'progress'>,
  roleNames: readonly string[],
): Promise<void> {
  for (const name of roleNames) {
    await site.roles.untagRole(name, APPROVED_TAG).catch((error: Error) => {
      site.progress(`the tag ${APPROVED_TAG} could not be taken off ${name}: ${error.message}`, null);
    });
  }
}
