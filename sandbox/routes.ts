import type { Route } from './http/router.ts';
import { BUCKET_ROUTES } from './operations/buckets.ts';
import { COPY_OBJECT_ROUTES } from './operations/copy-object.ts';
import { DELETE_OBJECT_ROUTES } from './operations/delete-object.ts';
import { DELETE_OBJECTS_ROUTES } from './operations/delete-objects.ts';
import { GET_OBJECT_ROUTES } from './operations/get-object.ts';
import { LIST_OBJECT_VERSIONS_ROUTES } from './operations/list-object-versions.ts';
import { LIST_OBJECTS_ROUTES } from './operations/list-objects.ts';
import { PUT_OBJECT_ROUTES } from './operations/put-object.ts';
import { VERSIONING_ROUTES } from './operations/versioning.ts';

/** Every operation of S3 that the sandbox answers. */
export const S3_ROUTES: readonly Route[] = [
  ...BUCKET_ROUTES,
  ...VERSIONING_ROUTES,
  ...PUT_OBJECT_ROUTES,
  ...GET_OBJECT_ROUTES,
  ...DELETE_OBJECT_ROUTES,
  ...DELETE_OBJECTS_ROUTES,
  ...COPY_OBJECT_ROUTES,
  ...LIST_OBJECT_VERSIONS_ROUTES,
  ...LIST_OBJECTS_ROUTES,
];
