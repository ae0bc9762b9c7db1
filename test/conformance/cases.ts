import type { ConformanceCase } from './case.ts';
import { CONDITION_CASES } from './cases/conditions.ts';
import { CONFIGURATION_CASES } from './cases/configurations.ts';
import { COPY_CASES } from './cases/copies.ts';
import { DELETE_CASES } from './cases/deletes.ts';
import { INTEGRITY_CASES } from './cases/integrity.ts';
import { LIMIT_CASES } from './cases/limits.ts';
import { LISTING_CASES } from './cases/listings.ts';
import { LOCK_CASES } from './cases/locks.ts';
import { MULTIPART_CASES } from './cases/multipart.ts';
import { NULL_VERSION_CASES } from './cases/null-versions.ts';
import { READ_CASES } from './cases/reads.ts';
import { RESTORE_CASES } from './cases/restores.ts';

/** What s3-rewind relies on, case by case. Every server is tried with all of them. */
export const CASES: readonly ConformanceCase[] = [
  ...LISTING_CASES,
  ...READ_CASES,
  ...DELETE_CASES,
  ...CONDITION_CASES,
  ...COPY_CASES,
  ...NULL_VERSION_CASES,
  ...MULTIPART_CASES,
  ...LOCK_CASES,
  ...CONFIGURATION_CASES,
  ...RESTORE_CASES,
  ...INTEGRITY_CASES,
  ...LIMIT_CASES,
];
