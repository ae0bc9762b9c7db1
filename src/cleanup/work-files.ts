import type { DeploySite } from '../deploy/site.ts';
import { readPatiently } from '../execute/backoff.ts';
import type { S3Calls } from '../execute/s3-calls.ts';

/** DeleteObjects takes so many keys. */
const KEYS_AT_A_TIME = 1_000;

export type WorkSite = Pick<DeploySite, 'objects' | 'pause'> & { markers: Pick<S3Calls, 'addMarkers'> };

/**
 * Adds a delete marker to every object under a prefix of `work/`, whose versions a lifecycle rule of the record bucket
 * then expires.
 * @param isTrial only counts them
 * @returns how many there are
 * @throws S3CallError
 */
export async function emptyWork(
  { objects, markers, pause }: WorkSite,
  bucket: string,
  prefix: string,
  isTrial: boolean,
): Promise<number> {
  let count = 0;
  let keys: string[] = [];
  const flush = async () => {
    count += keys.length;
    const entries = keys.map((key) => ({ key, ifMatch: null }));
    keys = [];
    if (isTrial || entries.length === 0) return;
    for (const { failure } of await readPatiently(() => markers.addMarkers(bucket, entries), pause)) {
      if (failure !== null) throw failure;
    }
  };
  for await (const key of objects.listKeys(bucket, prefix)) {
    keys.push(key);
    if (keys.length === KEYS_AT_A_TIME) await flush();
  }
  await flush();
  return count;
}
