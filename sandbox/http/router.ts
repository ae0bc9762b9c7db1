import type { Faults } from '../faults.ts';
import type { Store } from '../store.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { S3Response } from './response.ts';

export type OperationContext = {
  readonly store: Store;
  readonly request: S3Request;
  readonly faults: Faults;
  /** Whether the policy of the bucket denies an action of IAM on a key to whoever sends the request. */
  readonly isDenied: (action: string, key: string) => boolean;
};

/** One operation of the API: how to know a request for it, and what answers it. */
export type Route = {
  /** S3's name of the operation; faults, counters and the request log go by it. */
  readonly operation: string;
  readonly method: string;
  readonly target: 'service' | 'bucket' | 'key';
  /** Query parameters that must be there. */
  readonly query?: readonly string[];
  /** A header that must be there. */
  readonly header?: string;
  /** For APIs addressed in another way, such as by host: decides alone, in place of the fields above. */
  readonly matches?: (request: S3Request) => boolean;
  /** How an error is told, where it is not told as S3 does. */
  readonly errorResponse?: (error: S3Error) => S3Response;
  readonly handle: (context: OperationContext) => S3Response | Promise<S3Response>;
};

/** Subresources without a route here: without this list they would be taken for the plain operation. */
const UNSUPPORTED_SUBRESOURCES = [
  'acl',
  'analytics',
  'annotation',
  'encryptionUpdate',
  'intelligent-tiering',
  'metadataTable',
  'metrics',
  'policyStatus',
  'renameObject',
  'select',
  'torrent',
];

/**
 * Finds the route of a request. Of several that match, the one that asks for most wins, and a later one over an
 * earlier, so that an added route can take an operation over.
 * @throws S3Error NotImplemented, MethodNotAllowed
 */
export function findRoute(routes: readonly Route[], request: S3Request): Route {
  let best: Route | undefined;
  for (const route of routes) {
    if (matches(route, request) && (best === undefined || weight(route) >= weight(best))) best = route;
  }
  const unsupported = UNSUPPORTED_SUBRESOURCES.find((name) => request.query.has(name));
  if (unsupported !== undefined && !best?.query?.includes(unsupported) && best?.matches === undefined) {
    throw new S3Error('NotImplemented', { message: `The sandbox has no subresource '${unsupported}'` });
  }
  if (best === undefined) throw new S3Error('MethodNotAllowed', { fields: { Method: request.method } });
  return best;
}

function matches(route: Route, request: S3Request): boolean {
  if (route.matches !== undefined) return route.matches(request);
  if (route.method !== request.method || route.target !== targetOf(request)) return false;
  if (route.header !== undefined && !request.headers.has(route.header)) return false;
  return route.query?.every((name) => request.query.has(name)) ?? true;
}

function weight(route: Route): number {
  if (route.matches !== undefined) return 100;
  return (route.query?.length ?? 0) * 2 + (route.header === undefined ? 0 : 1);
}

function targetOf(request: S3Request): Route['target'] {
  if (request.key !== undefined) return 'key';
  return request.bucket === undefined ? 'service' : 'bucket';
}
