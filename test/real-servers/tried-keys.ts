import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { ServerUnderTest } from '../conformance/server-under-test.ts';
import { version } from './history.ts';
import { PlayedBucket } from './played-bucket.ts';

/**
 * Finds the keys that a server takes, reads and lists as they are, and keeps versions of.
 * @param known keys that it is known not to take; one that it takes after all is unforeseen, too
 */
export async function tryKeys(
  server: ServerUnderTest,
  keys: readonly string[],
  known: Readonly<Record<string, string>>,
): Promise<{ taken: string[]; unforeseen: string[] }> {
  const bucket = new PlayedBucket(server, await server.newBucket());
  const taken: string[] = [];
  const unforeseen: string[] = [];
  for (const key of keys) {
    const problem = await problemWith(bucket, server, key);
    if (problem === null) taken.push(key);
    if ((problem === null) === !Object.hasOwn(known, key)) continue;
    unforeseen.push(`key ${JSON.stringify(key)}: ${problem ?? 'is listed as not taken, and is taken'}`);
  }
  return { taken, unforeseen };
}

async function problemWith(
  bucket: PlayedBucket,
  server: ServerUnderTest,
  key: string,
): Promise<string | null> {
  try {
    await bucket.play([{ key, version: version(key) }]);
    const { Body } = await server.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }));
    if ((await Body?.transformToString()) !== key) return 'another object is read';
    if (!(await bucket.lists(key))) return 'it is not listed as it is';
    const versions = await bucket.versionIds();
    await bucket.play([{ key, version: null }]);
    const left = await bucket.versionIds();
    return left.size === versions.size ? null : 'a delete removes its version';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
