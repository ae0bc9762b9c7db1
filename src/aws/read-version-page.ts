import { ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';
import type { VersionPage } from '../s3/version-entry.ts';
import { keepDocument } from './keep-document.ts';
import { parseVersionPage } from './version-page.ts';

export type ListRequest = {
  bucket: string;
  prefix?: string;
  keyMarker?: string;
  versionIdMarker?: string;
  maxEntries?: number;
};

/**
 * One page of ListObjectVersions in the order of its document. The SDK hands out object versions and delete markers
 * as two lists, and the order across them, which says what lies on what, is lost; so the document is read here.
 */
export async function listVersions(client: S3Client, request: ListRequest): Promise<VersionPage> {
  const { prefix, keyMarker, versionIdMarker, maxEntries } = request;
  const command = new ListObjectVersionsCommand({
    Bucket: request.bucket,
    EncodingType: 'url',
    ...(prefix !== undefined && { Prefix: prefix }),
    ...(keyMarker !== undefined && { KeyMarker: keyMarker }),
    ...(versionIdMarker !== undefined && { VersionIdMarker: versionIdMarker }),
    ...(maxEntries !== undefined && { MaxKeys: maxEntries }),
  });
  const document = keepDocument(command, 'ListVersionsResult');
  await client.send(command);
  const page = parseVersionPage(document());
  const stands =
    page.next !== null &&
    page.next.keyMarker === keyMarker &&
    (page.next.versionIdMarker ?? undefined) === versionIdMarker;
  // A store that answers with the page that was asked for would be listed for ever.
  if (stands) throw new S3CallError('ListingStandsStill', 'the listing does not move on', { status: null });
  return page;
}
