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

/** Versions that are taken from the listing at a time. */
const PAGE_ROWS = 10_000;
/** Locks that are noted at a time: what a killed command loses at most, beside the requests under way. */
const NOTED_ROWS = 100;
const HEADER = 'encoded_key,version_id,retain_until,mode,legal_hold\n';
const COLUMNS = `{encoded_key: 'VARCHAR', version_id: 'VARCHAR', retain_until: 'VARCHAR', mode: 'VARCHAR', legal_hold: 'VARCHAR'}`;

/**
 * Asks for the lock of every current version of a listing, which has none, and writes the listing again with the
 * columns of S3 Inventory: one or two requests a version, so for small buckets.
 * @param paths `listing`: Parquet of the lister; `locks`: what was read so far, which an interrupted command leaves and
 *   the next one goes on from; `inventory`: the file to make
 * @param options `interrupted`: what to throw once the signal has come
 * @throws S3CallError where a lock cannot be read: without it nothing tells what to extend
 */
export async function readLocks(
  engine: QueryEngine,
  calls: Pick<RetentionCalls, 'readRetention' | 'readLegalHold'>,
  bucket: string,
  paths: { listing: string; locks: string; inventory: string },
  options: {
    concurrency: number;
    progress: Progress;
    pause: Sleep;
    signal: AbortSignal;
    interrupted: () => Error;
  },
): Promise<void> {
  const listing = parquetReader([{ path: paths.listing }]);
  await keepWholeLines(paths.locks);
  const locks = `SELECT url_decode(encoded_key) AS key, version_id, nullif(retain_until, '') AS retain_until, mode, legal_hold
      FROM read_csv(${sqlText(paths.locks)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = ${COLUMNS})`;
  const current = `FROM ${listing} AS listing WHERE is_latest AND NOT is_delete_marker`;
  await engine.run(
    `CREATE OR REPLACE TABLE unread_locks AS SELECT key, version_id, ordinal ${current} AND NOT EXISTS (SELECT 1 FROM (${locks}) AS locks WHERE locks.key = listing.key AND locks.version_id = listing.version_id)`,
  );
  const [counted] = await engine.rows(
    `SELECT (SELECT count(*) ${current}) AS versions, (SELECT count(*) FROM unread_locks) AS unread`,
  );
  const total = Number(counted?.versions ?? 0);
  const notes = await openNotes(paths.locks, total - Number(counted?.unread ?? 0), (read) =>
    options.progress(
      `Reading locks: ${read.toLocaleString('en')} of ${total.toLocaleString('en')} current versions`,
      (100 * read) / total,
    ),
  );
  const pace = callPace(options.concurrency);
  const read = <T>(request: () => Promise<T>) => readPatiently(() => pace.run(request), options.pause);
  try {
    for (let after = -1; ; ) {
      // Encoded, because the engine's text decoder drops a byte order mark at the beginning of a value.
      const rows = await engine.rows(
        `SELECT url_encode(key) AS encoded_key, version_id, ordinal FROM unread_locks WHERE ordinal > ${after} ORDER BY ordinal LIMIT ${PAGE_ROWS}`,
      );
      await forEachConcurrently(rows, options.concurrency, async (row) => {
        if (options.signal.aborted) throw options.interrupted();
        const key = decodeURIComponent(String(row.encoded_key));
        const line = await readLock({ bucket, key, versionId: String(row.version_id) }, calls, read);
        await notes.add(line);
      });
      if (rows.length < PAGE_ROWS) break;
      after = Number(rows.at(-1)?.ordinal);
    }
  } finally {
    await notes.close();
  }
  await engine.run(`COPY (
    SELECT listing.*,
      CAST(locks.retain_until AS timestamp) AS object_lock_retain_until_date,
      locks.mode AS object_lock_mode,
      locks.legal_hold AS object_lock_legal_hold_status
    FROM ${listing} AS listing
    LEFT JOIN (${locks}) AS locks ON listing.key = locks.key AND listing.version_id = locks.version_id
    ORDER BY listing.ordinal
  ) TO ${sqlText(paths.inventory)} (FORMAT parquet, COMPRESSION zstd)`);
}

/** Notes locks in a file as they are read. @param told how many have been read, of all */
async function openNotes(path: string, before: number, told: (read: number) => void) {
  const file = await open(path, 'a');
  let read = before;
  let lines: string[] = [];
  let writing = Promise.resolve();
  // One after the other, so that no line stands within another.
  const write = () => {
    const text = lines.join('');
    lines = [];
    told(read);
    writing = writing.then(() => file.appendFile(text));
    return writing;
  };
  return {
    async add(line: string | null): Promise<void> {
      read += 1;
      if (line !== null) lines.push(`${line}\n`);
      if (lines.length >= NOTED_ROWS) await write();
    },
    async close(): Promise<void> {
      try {
        await write();
      } finally {
        await file.close();
      }
    },
  };
}

/** Cuts off a line that a killed command had begun; a file without a whole one begins anew. */
async function keepWholeLines(path: string): Promise<void> {
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    // Far more than the longest line: a key has 1,024 bytes, three times that when encoded.
    const length = Math.min(size, 64 * 1024);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const whole = size - length + buffer.lastIndexOf('\n') + 1;
    const kept = size > length || buffer.includes('\n') ? whole : 0;
    await file.truncate(kept);
    if (kept === 0) await file.appendFile(HEADER);
  } finally {
    await file.close();
  }
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
