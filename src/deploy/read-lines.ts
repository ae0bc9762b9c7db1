import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { readPatiently } from '../execute/backoff.ts';
import type { DeploySite } from './site.ts';

/** The lines of an object of the record, whatever its size. @throws S3CallError */
export async function* readLines(
  { objects, pause }: Pick<DeploySite, 'objects' | 'pause'>,
  { bucket, key, versionId }: { bucket: string; key: string; versionId: string },
): AsyncGenerator<string, undefined> {
  const stream = await readPatiently(() => objects.streamObject({ bucket, key, versionId }), pause);
  const input = Readable.from(stream, { objectMode: false });
  const failed = new Promise<never>((_resolve, reject) => input.once('error', reject));
  // Awaited below: an interface of lines ends silently where its input fails.
  failed.catch(() => {});
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), failed]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    input.destroy();
  }
}
