import type { Route } from './http/router.ts';
import { BUCKET_CONFIGURATION_ROUTES } from './operations/bucket-configurations.ts';
import { BUCKET_POLICY_ROUTES } from './operations/bucket-policy.ts';
import { BUCKET_ROUTES } from './operations/buckets.ts';
import { COMPLETE_UPLOAD_ROUTES } from './operations/complete-upload.ts';
import { COPY_OBJECT_ROUTES } from './operations/copy-object.ts';
import { DELETE_OBJECT_ROUTES } from './operations/delete-object.ts';
import { DELETE_OBJECTS_ROUTES } from './operations/delete-objects.ts';
import { GET_OBJECT_ROUTES } from './operations/get-object.ts';
import { INVENTORY_CONFIGURATION_ROUTES } from './operations/inventory-configurations.ts';
import { LIST_OBJECT_VERSIONS_ROUTES } from './operations/list-object-versions.ts';
import { LIST_OBJECTS_ROUTES } from './operations/list-objects.ts';
import { LOCK_CONFIGURATION_ROUTES } from './operations/lock-configuration.ts';
import { MULTIPART_UPLOAD_ROUTES } from './operations/multipart-uploads.ts';
import { OBJECT_ATTRIBUTES_ROUTES } from './operations/object-attributes.ts';
import { OBJECT_RETENTION_ROUTES } from './operations/object-retention.ts';
import { OBJECT_TAGGING_ROUTES } from './operations/object-tagging.ts';
import { PUT_OBJECT_ROUTES } from './operations/put-object.ts';
import { RESTORE_OBJECT_ROUTES } from './operations/restore-object.ts';
import { UPLOAD_PART_ROUTES } from './operations/upload-parts.ts';
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
  ...BUCKET_CONFIGURATION_ROUTES,
  ...BUCKET_POLICY_ROUTES,
  ...INVENTORY_CONFIGURATION_ROUTES,
  ...MULTIPART_UPLOAD_ROUTES,
  ...UPLOAD_PART_ROUTES,
  ...COMPLETE_UPLOAD_ROUTES,
  ...OBJECT_TAGGING_ROUTES,
  ...OBJECT_RETENTION_ROUTES,
  ...LOCK_CONFIGURATION_ROUTES,
  ...RESTORE_OBJECT_ROUTES,
  ...OBJECT_ATTRIBUTES_ROUTES,
];
