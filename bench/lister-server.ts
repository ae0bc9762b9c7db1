// A store for the lister's benchmark in a process of its own: its pages are put together from rendered entries, so
// that it costs little beside the lister and its latency is the one that was asked for. Prints its endpoint; stops
// when its parent closes stdin.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { listingKeys } from './lister-keys.ts';

const [shape = 'flat', entries = '100000', latencyMs = '30'] = process.argv.slice(2);
const OWNER = '<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>';
const MAX_ENTRIES = 1000;

const keys = listingKeys(shape, Number(entries) / 2);
const rendered = keys.flatMap((key, index) => [marker(key, index), version(key, index)]);

const server = createServer((request, response) => {
  setTimeout(() => answer(request.url ?? '', response), Number(latencyMs));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume();
process.stdin.on('end', () => {
  server.closeAllConnections();
  server.close();
});

function answer(url: string, response: ServerResponse): void {
  const query = new URL(url, 'http://127.0.0.1').searchParams;
  const keyMarker = query.get('key-marker');
  const versionMarker = query.get('version-id-marker');
  const start = keyMarker === null ? 0 : firstEntry(keyMarker, versionMarker);
  const end = Math.min(
    rendered.length,
    start + Math.min(MAX_ENTRIES, Number(query.get('max-keys') ?? MAX_ENTRIES)),
  );
  const isTruncated = end < rendered.length;
  const next = isTruncated
    ? `<NextKeyMarker>${keys[(end - 1) >> 1]}</NextKeyMarker><NextVersionIdMarker>${versionId(end - 1)}</NextVersionIdMarker>`
    : '';
  const encoding = query.has('encoding-type') ? '<EncodingType>url</EncodingType>' : '';
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data</Name><Prefix></Prefix><KeyMarker>${keyMarker ?? ''}</KeyMarker><VersionIdMarker></VersionIdMarker>${next}<MaxKeys>1000</MaxKeys>${encoding}<IsTruncated>${isTruncated}</IsTruncated>${rendered.slice(start, end).join('')}</ListVersionsResult>`;
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Index of the first entry behind a marker; entries 2n and 2n + 1 are those of key n. */
function firstEntry(key: string, version: string | null): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  if (keys[low] !== key) return 2 * low;
  if (version === null) return 2 * low + 2;
  return version === versionId(2 * low) ? 2 * low + 1 : 2 * low + 2;
}

function versionId(entry: number): string {
  return `v${String(entry).padStart(31, '0')}`;
}

function common(key: string, entry: number): string {
  return `<Key>${key}</Key><VersionId>${versionId(entry)}</VersionId><IsLatest>${entry % 2 === 0}</IsLatest><LastModified>2025-08-22T11:01:00.000Z</LastModified>`;
}

function marker(key: string, index: number): string {
  return `<DeleteMarker>${common(key, 2 * index)}${OWNER}</DeleteMarker>`;
}

function version(key: string, index: number): string {
  return `<Version>${common(key, 2 * index + 1)}<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>${index}</Size>${OWNER}<StorageClass>STANDARD</StorageClass></Version>`;
}
