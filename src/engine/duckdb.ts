import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { RunbookError } from '../errors.ts';
import type { QueryEngine } from './query-engine.ts';

/**
 * The embedded query engine: DuckDB in this process. It works on local files alone; it has no extension to install
 * and no network to reach. Anything that does not fit into the memory limit spills into the work folder.
 */

export type EngineOptions = {
  /** a folder for spill files, which the caller removes afterwards */
  workFolder: string;
  /** for example `2GB`; what DuckDB's buffers may take, not the whole process */
  memoryLimit: string;
  threads?: number;
  /** once aborted, the running query ends and every further call throws INTERRUPTED */
  signal?: AbortSignal;
};

const PROGRESS_INTERVAL_MS = 200;

/**
 * Opens an engine over an empty in-memory database.
 * @throws RunbookError OUT_OF_MEMORY, QUERY_FAILED
 */
export async function openDuckDb(options: EngineOptions): Promise<QueryEngine> {
  try {
    const { instance, connection } = await connect(options);
    return engineOver(instance, connection, options.signal ?? null);
  } catch (cause) {
    throw toRunbookError(cause);
  }
}

async function connect(
  options: EngineOptions,
): Promise<{ instance: DuckDBInstance; connection: DuckDBConnection }> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: options.memoryLimit,
    temp_directory: options.workFolder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  });
  const connection = await instance.connect();
  await connection.run(
    [
      "SET TimeZone = 'UTC'",
      // Outputs are sorted explicitly; keeping the order of the input would hold the scans back.
      'SET preserve_insertion_order = false',
      // DuckDB estimates a CSV file at one row and would build its hash table on the inventory, not on the few
      // changed keys.
      "SET disabled_optimizers = 'build_side_probe_side'",
      'SET enable_progress_bar = true',
      'SET enable_progress_bar_print = false',
    ].join(';\n'),
  );
  return { instance, connection };
}

function engineOver(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  signal: AbortSignal | null,
): QueryEngine {
  async function execute<T>(query: () => Promise<T>, onProgress?: (percent: number) => void): Promise<T> {
    if (signal?.aborted) throw interrupted();
    const timer = setInterval(() => {
      // Again and again: an interrupt that comes just before a query begins is lost to it.
      if (signal?.aborted) connection.interrupt();
      onProgress?.(Math.max(0, connection.progress.percentage));
    }, PROGRESS_INTERVAL_MS);
    try {
      return await query();
    } catch (cause) {
      throw toRunbookError(cause);
    } finally {
      clearInterval(timer);
    }
  }
  return {
    dialect: 'duckdb',
    async run(sql, onProgress) {
      await execute(() => connection.run(sql), onProgress);
    },
    // A row costs about 4 microseconds.
    rows: (sql) => execute(async () => (await connection.runAndReadAll(sql)).getRowObjectsJson()),
    interrupt: () => connection.interrupt(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function toRunbookError(cause: unknown): RunbookError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const first = text.split('\n')[0] ?? text;
  if (/No space left|ENOSPC|quota exceeded|max_temp_directory_size|out of disk/i.test(text)) {
    return new RunbookError('DISK_FULL', `The disk filled up: ${first}`, {
      hint: 'free space, or point --work-dir and --out at another disk, and run the same command again',
      cause,
    });
  }
  if (/Out of Memory/i.test(text)) {
    return new RunbookError('OUT_OF_MEMORY', `The query needs more memory than it may take: ${first}`, {
      hint: 'raise --memory-limit, for example --memory-limit 8GB',
      cause,
    });
  }
  if (/interrupt/i.test(first)) {
    return interrupted(cause);
  }
  return new RunbookError('QUERY_FAILED', first, {
    hint: 'run the same command again; if it fails again, report this message with the command',
    cause,
  });
}

function interrupted(cause?: unknown): RunbookError {
  return new RunbookError('INTERRUPTED', 'The query was interrupted.', {
    hint: 'run the same command again',
    cause,
  });
}
