/**
 * The assumptions of the estimator that are not prices: sizes, latencies and speeds, each with its unit and reason.
 * docs/estimates.md lists every constant of this file with its value; a test holds the two together.
 */

/** GET requests of a task beside its rows: its part of the manifest, the versioning of the bucket. */
export const BOOKKEEPING_READS = 2;
/** LIST requests of a task beside its rows: its journal. */
export const BOOKKEEPING_LISTINGS = 1;
/** PUT requests of a task beside its rows: what is about to be done, with the lease; the outcomes, with the end. */
export const BOOKKEEPING_WRITES = 2;

/**
 * Copies that are announced together, in one PUT to the journal and after one look at the versioning: those of
 * TASK_REQUESTS_IN_FLIGHT that get ready while the PUT before is under way.
 */
export const COPIES_PER_ANNOUNCEMENT = 8;

/** Rows of a task after which it tries whether a page of the listing pays, where it never does: see prove-keys.ts. */
export const SPARSE_PAGE_ROWS = [13, 64, 320];

/** Rows of a manifest that one split task serves: one DeleteObjects request, and well inside Lambda's time limit. */
export const ROWS_PER_TASK = 1_000;

/** Entries of a full ListObjectVersions page (S3's limit, API_ListObjectVersions). */
export const LIST_PAGE_ENTRIES = 1_000;

/** Keys of a full DeleteObjects request (S3's limit, API_DeleteObjects). */
export const DELETE_REQUEST_KEYS = 1_000;

/** Part size of a multipart copy, 512 MiB: 10,000 parts reach 4.9 TiB. Larger objects take larger, so fewer, parts. */
export const MULTIPART_PART_BYTES = 536_870_912;

/** Memory of the Lambda function, 256 MB: the function that the published $36 was measured with. */
export const LAMBDA_MEMORY_GIGABYTES = 0.25;

/**
 * One task a key: billed time of an invocation, in seconds. $36 a 100 M delete markers is $20 of invocations and $16
 * of compute, which is 0.0096 GB-s each: 38.4 ms at 256 MB.
 */
export const TASK_A_KEY_SECONDS = 0.0384;

/** A task stops after this many seconds and is run again for the rest: Lambda ends an invocation at 900 s. */
export const LAMBDA_STOP_SECONDS = 840;

/** One task a key: concurrent invocations, the account's default quota and what the published speeds used. */
export const LAMBDA_CONCURRENCY = 1_000;

/** Split tasks: least that `deploy` reserves, which takes dense delete markers to S3's rate. */
export const RESERVED_CONCURRENCY_LEAST = 15;

/** Split tasks: most that `deploy` reserves by itself, a tenth of the default quota that all functions share. */
export const RESERVED_CONCURRENCY_MOST = 100;

/** Requests that one task keeps in flight: below the 50 sockets of the SDK's default agent, light on 256 MB. */
export const TASK_REQUESTS_IN_FLIGHT = 32;

/** Billed time of a split task besides its own requests, in seconds: parsing, and its share of cold starts. */
export const TASK_START_SECONDS = 0.1;

/** Latency of a small GET, PUT or POST from within the Region, in seconds. */
export const SMALL_REQUEST_SECONDS = 0.05;

/** Latency of a HEAD from within the Region, in seconds. */
export const HEAD_SECONDS = 0.025;

/** Latency of a full ListObjectVersions page, in seconds: S3 answers about five a second to one reader. */
export const LIST_PAGE_SECONDS = 0.2;

/** Latency of a full DeleteObjects request, in seconds: 1,000 keys a second to one sender. */
export const DELETE_REQUEST_SECONDS = 1;

/** Latency of a CopyObject or UploadPartCopy before its bytes, in seconds. */
export const COPY_SECONDS = 0.1;

/** Bytes a second that S3 copies for one request within a Region. */
export const COPY_BYTES_PER_SECOND = 100_000_000;

/** Bytes a second that S3 copies for one request between Regions: a quarter, as such copies are said to be slower. */
export const CROSS_REGION_COPY_BYTES_PER_SECOND = 25_000_000;

/**
 * Keys a second that S3 writes or deletes for all tasks together. 100 M delete markers in 3.5 h are 8,000 a second
 * (after JOB_START_SECONDS). S3 promises 3,500 a partitioned prefix, so this takes more than two; with a single one
 * expect 2.3 times as long. DeleteObjects does not help: each of its keys counts against the limit.
 */
export const S3_WRITES_PER_SECOND = 8_000;

/** Reads a second, scaled like the writes: S3 promises 5,500 GET and HEAD where it promises 3,500 writes. */
export const S3_READS_PER_SECOND = 12_571;

/** Seconds a job takes besides its tasks: the published demo, a stack with three jobs of one key, takes 2 min. */
export const JOB_START_SECONDS = 60;

/** Tasks a second of an S3PutObjectCopy job: the slowest rate that still makes 100 M changes in under 5 h. */
export const NATIVE_COPY_TASKS_PER_SECOND = 5_600;

/** Requests that the direct executor keeps in flight: one process, one thread, well below a runner's limits. */
export const DIRECT_REQUESTS_IN_FLIGHT = 64;

/** Latency that the way from a runner to S3 adds to each request, in seconds: another cloud in the same area. */
export const DIRECT_EXTRA_SECONDS = 0.03;

/** Seconds until the direct executor sends its first request. */
export const DIRECT_START_SECONDS = 5;

/** Least that Athena bills for a statement, in bytes. */
export const ATHENA_MINIMUM_BYTES = 10_000_000;

/** Seconds of an Athena statement besides its scan: queueing, planning, writing the result. */
export const ATHENA_STATEMENT_SECONDS = 10;

/**
 * Bytes a second that Athena scans and aggregates. 1 M changes in 10 B entries (2 TB at 200 bytes) take under an hour
 * end to end; this gives the query about 33 min of it.
 */
export const ATHENA_BYTES_PER_SECOND = 1_000_000_000;

/** Smallest billed size of an object in STANDARD_IA, ONEZONE_IA and GLACIER_IR: 128 KiB. */
export const MINIMUM_BILLED_BYTES = 131_072;

/** Bytes of the record a row leaves behind: its manifest line and its outcome. */
export const RECORD_BYTES_PER_ROW = 400;
