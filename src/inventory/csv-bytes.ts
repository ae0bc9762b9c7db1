import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** The bytes of a CSV file, decompressed, in chunks. Ending the iteration early closes the file. */
export async function* readCsvBytes(path: string, gzipped: boolean): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const gunzip = gzipped ? createGunzip() : null;
  // A stream that is piped does not hand its error on.
  file.on('error', (error) => gunzip?.destroy(error));
  try {
    for await (const chunk of gunzip === null ? file : file.pipe(gunzip)) yield chunk as Buffer;
  } finally {
    file.destroy();
    gunzip?.destroy();
  }
}
