import { readPatiently } from '../execute/backoff.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import type { DeploySite } from './site.ts';

export const APPROVAL_FILE = 'approval.json';

/**
 * Keeps the proof of approval in a record on S3, before anything is started: in that of a plan, or of a set and of each
 * of its members.
 * @param body the text of approval.json
 * @throws S3CallError
 */
export async function writeApproval(
  { objects, pause }: { objects: Pick<DeploySite['objects'], 'writeObject'> } & Pick<DeploySite, 'pause'>,
  { bucket, prefix }: RecordPlace,
  body: string,
): Promise<void> {
  const object = { bucket, key: `${prefix}${APPROVAL_FILE}`, body, condition: null };
  await readPatiently(() => objects.writeObject(object), pause);
}
