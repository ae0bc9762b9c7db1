import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { DECLARATION, document, element, parseXml } from '../http/xml.ts';
import { requestedBucket } from './access.ts';

const PREFIX = 'inventory/';

/** API_ListBucketInventoryConfigurations: up to 100 on a page; the token is the place of the next one. */
const PAGE = 100;

function listConfigurations(context: OperationContext): S3Response {
  const configurations = [...requestedBucket(context).configurations]
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([, xml]) => xml.replace(/^<\?xml[^>]*\?>\s*/, ''));
  const start = Number(context.request.query.get('continuation-token') ?? 0);
  const next = start + PAGE;
  return xmlResponse(
    document(
      'ListInventoryConfigurationsResult',
      configurations.slice(start, next).join('') +
        element('IsTruncated', next < configurations.length) +
        element('NextContinuationToken', next < configurations.length ? next : undefined),
    ),
  );
}

/** API_GetBucketInventoryConfiguration */
function getConfiguration(context: OperationContext): S3Response {
  const kept = requestedBucket(context).configurations.get(nameOf(context));
  if (kept === undefined) {
    throw new S3Error('NoSuchConfiguration', {
      status: 404,
      message: 'The specified configuration does not exist.',
    });
  }
  return xmlResponse(kept.startsWith('<?xml') ? kept : DECLARATION + kept);
}

/** API_PutBucketInventoryConfiguration */
function putConfiguration(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  parseXml(context.request.body, 'InventoryConfiguration');
  bucket.configurations.set(nameOf(context), context.request.body.toString('utf8'));
  return { status: 204 };
}

/** API_DeleteBucketInventoryConfiguration */
function deleteConfiguration(context: OperationContext): S3Response {
  requestedBucket(context).configurations.delete(nameOf(context));
  return { status: 204 };
}

function nameOf({ request }: OperationContext): string {
  return PREFIX + (request.query.get('id') ?? '');
}

const ONE = { target: 'bucket', query: ['inventory', 'id'] } as const;

export const INVENTORY_CONFIGURATION_ROUTES: readonly Route[] = [
  {
    operation: 'ListBucketInventoryConfigurations',
    method: 'GET',
    target: 'bucket',
    query: ['inventory'],
    handle: listConfigurations,
  },
  { operation: 'GetBucketInventoryConfiguration', method: 'GET', ...ONE, handle: getConfiguration },
  { operation: 'PutBucketInventoryConfiguration', method: 'PUT', ...ONE, handle: putConfiguration },
  { operation: 'DeleteBucketInventoryConfiguration', method: 'DELETE', ...ONE, handle: deleteConfiguration },
];
