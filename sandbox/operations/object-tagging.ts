import type { ObjectVersion } from '../entries.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { child, childText, document, element, parseXml } from '../http/xml.ts';
import { requestedVersion, versionHeader } from './access.ts';
import { checkTags } from './tags.ts';

/** API_GetObjectTagging */
function getObjectTagging(context: OperationContext): S3Response {
  const { bucket, version } = requestedVersion(context);
  const tags = [...version.attributes.tags].map(
    ([key, value]) => `<Tag>${element('Key', key)}${element('Value', value)}</Tag>`,
  );
  return xmlResponse(
    document('Tagging', `<TagSet>${tags.join('')}</TagSet>`),
    versionHeader(bucket, version),
  );
}

/** API_PutObjectTagging: changes the version in place, and writes no new one. */
function putObjectTagging(context: OperationContext): S3Response {
  const { bucket, version } = requestedVersion(context);
  const tagSet = child(parseXml(context.request.body, 'Tagging'), 'TagSet');
  const tags = (tagSet?.children.get('Tag') ?? []).map(
    (tag) => [childText(tag, 'Key') ?? '', childText(tag, 'Value') ?? ''] as const,
  );
  setTags(version, checkTags(tags));
  return { status: 200, headers: versionHeader(bucket, version) };
}

/** API_DeleteObjectTagging */
function deleteObjectTagging(context: OperationContext): S3Response {
  const { bucket, version } = requestedVersion(context);
  setTags(version, new Map());
  return { status: 204, headers: versionHeader(bucket, version) };
}

function setTags(version: ObjectVersion, tags: ReadonlyMap<string, string>): void {
  version.attributes = { ...version.attributes, tags };
}

const SUBRESOURCE = { target: 'key', query: ['tagging'] } as const;

export const OBJECT_TAGGING_ROUTES: readonly Route[] = [
  { operation: 'GetObjectTagging', method: 'GET', ...SUBRESOURCE, handle: getObjectTagging },
  { operation: 'PutObjectTagging', method: 'PUT', ...SUBRESOURCE, handle: putObjectTagging },
  { operation: 'DeleteObjectTagging', method: 'DELETE', ...SUBRESOURCE, handle: deleteObjectTagging },
];
