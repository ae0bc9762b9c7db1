import { open } from 'node:fs/promises';
import type { QueryEngine } from '../engine/query-engine.ts';
import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { forEachConcurrently } from '../execute/concurrently.ts';
import { callPace } from '../execute/paced-calls.ts';
import { parquetReader } from '../inventory/reader.ts';
import type { Progress } from '../progress.ts';
import { sqlText } from '../render/sql.ts';
import { S3CallError } from '../s3/call-error.ts';
import { formatCsvLine } from '../s3/csv.ts';
import { encodeKey } from '../s3/manifest.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { RetentionCalls } from './retention-calls.ts';

/** Versions that are looked at before the next ones are taken from the listing. */
const PAGE_ROWS = 10_000;

/**
 * Asks for the lock of every current version of a listing, which has none, and writes the listing again with the
 * columns of S3 Inventory: one or two requests a version, so for small buckets.
 * @param paths `listing`: Parquet of the lister; `locks`: a work file; `inventory`: the file to make
 * @throws S3CallError where a lock cannot be read: without it nothing tells what to extend
 */
export async function readLocks(
  engine: QueryEngine,
  calls: Pick<RetentionCalls, 'readRetention' | 'readLegalHold'>,
  bucket: string,
  paths: { listing: string; locks: string; inventory: string },
  options: { concurrency: number; progress: Progress; pause: Sleep },
): Promise<void> {
  const listing = parquetReader([{ path: paths.listing }]);
  const current = `FROM ${listing} WHERE is_latest AND NOT is_delete_marker`;
  const [counted] = await engine.rows(`SELECT count(*) AS versions ${current}`);
  const total = Number(counted?.versions ?? 0);
  const pace = callPace(options.concurrency);
  const read = <T>(request: () => Promise<T>) => readPatiently(() => pace.run(request), options.pause);
  const file = await open(paths.locks, 'w');
  try {
    await file.appendFile('encoded_key,version_id,retain_until,mode,legal_hold\n');
    for (let done = 0; done < total; done += PAGE_ROWS) {
      const rows = await engine.rows(
        `SELECT key, version_id ${current} ORDER BY ordinal LIMIT ${PAGE_ROWS} OFFSET ${done}`,
      );
      const lines: string[] = [];
      await forEachConcurrently(rows, options.concurrency, async (row) => {
        const version = { bucket, key: String(row.key), versionId: String(row.version_id) };
        const line = await readLock(version, calls, read);
        if (line !== null) lines.push(`${line}\n`);
      });
      await file.appendFile(lines.join(''));
      options.progress('Reading the locks of current versions', (100 * (done + rows.length)) / total);
    }
  } finally {
    await file.close();
  }
  const columns = `{encoded_key: 'VARCHAR', version_id: 'VARCHAR', retain_until: 'VARCHAR', mode: 'VARCHAR', legal_hold: 'VARCHAR'}`;
  await engine.run(`COPY (
    SELECT listing.*,
      CAST(locks.retain_until AS timestamp) AS object_lock_retain_until_date,
      locks.mode AS object_lock_mode,
      locks.legal_hold AS object_lock_legal_hold_status
    FROM ${listing} AS listing
    LEFT JOIN (
      SELECT url_decode(encoded_key) AS key, version_id, nullif(retain_until, '') AS retain_until, mode, legal_hold
      FROM read_csv(${sqlText(paths.locks)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = ${columns})
    ) AS locks ON listing.key = locks.key AND listing.version_id = locks.version_id
    ORDER BY listing.ordinal
  ) TO ${sqlText(paths.inventory)} (FORMAT parquet, COMPRESSION zstd)`);
}

/** @returns a line, or null for a version that has gone since the listing: the run will find it missing */
async function readLock(
  version: { bucket: string; key: string; versionId: string },
  calls: Pick<RetentionCalls, 'readRetention' | 'readLegalHold'>,
  read: <T>(request: () => Promise<T>) => Promise<T>,
): Promise<string | null> {
  try {
    const retention = await read(() => calls.readRetention(version));
    // A hold beside a retention decides nothing.
    const hold = retention === null && (await read(() => calls.readLegalHold(version)));
    return formatCsvLine([
      encodeKey(version.key),
      version.versionId,
      retention === null ? null : formatInstant(retention.retainUntil),
      retention?.mode ?? null,
      hold ? 'ON' : 'OFF',
    ]);
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
  }
}
