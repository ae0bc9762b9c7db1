import type { SqlDialect } from '../render/sql.ts';

/** A value of a result as JSON has it: integers of 64 bits are strings. */
export type QueryValue = string | number | boolean | null | QueryValue[] | { [name: string]: QueryValue };
export type QueryRow = Record<string, QueryValue>;

/** The calls that a stage may make, whichever engine answers them. */
export type QueryEngine = {
  /** which of the two texts of a query the engine reads */
  dialect: SqlDialect;
  /**
   * Runs statements for their effect.
   * @throws RunbookError OUT_OF_MEMORY, DISK_FULL, QUERY_FAILED, INTERRUPTED
   */
  run(sql: string, onProgress?: (percent: number) => void): Promise<void>;
  /** Runs one query and returns its rows. For small results only. */
  rows(sql: string): Promise<QueryRow[]>;
  interrupt(): void;
  close(): void;
};
