import { type ErrorCode, RunbookError } from '../errors.ts';
import { parseDenial } from '../s3/denied.ts';

/** Athena's reasons, as they begin or contain, and what to do about each; the first that fits is taken. */
const REASONS: [pattern: RegExp, code: ErrorCode, hint: string][] = [
  [
    /query timeout|timed? ?out|maximum run time/i,
    'QUERY_TIMED_OUT',
    'narrow the plan with --prefix, or have the quota "DML query timeout" raised (it goes up to 240 minutes), then run the same command again',
  ],
  [
    /bytes scanned limit|scan(ned)? (cutoff|limit)|limit was exceeded/i,
    'QUERY_FAILED',
    'raise BytesScannedCutoffPerQuery of the workgroup, or narrow the plan with --prefix',
  ],
  [
    /exhausted resources|resources at this scale|insufficient.*memory|exceeded.*memory/i,
    'OUT_OF_MEMORY',
    'run the same command again, since Athena shares its machines; if it happens again, narrow the plan with --prefix',
  ],
  [
    /access ?denied|not authorized|insufficient (lake formation )?permission|403/i,
    'ACCESS_DENIED',
    'let these credentials read the files of the inventory, and write to the work prefix of the record bucket; where Lake Formation governs them, grant SELECT there',
  ],
  [
    /INVALID_CAST_ARGUMENT|Cannot cast|URL|INVALID_FUNCTION_ARGUMENT/,
    'INVENTORY_ROW_MALFORMED',
    'no row is skipped: a value of the inventory is not what its column says; take the inventory again',
  ],
  [
    /HIVE_BAD_DATA|HIVE_CURSOR_ERROR|HIVE_CANNOT_OPEN_SPLIT|HIVE_FILESYSTEM_ERROR|HIVE_INVALID/,
    'INVENTORY_FORMAT_UNKNOWN',
    'check that every file of the inventory is still there, whole, and of the format that its manifest tells',
  ],
];

/** A query that did not succeed, as an error with its ID, Athena's own reason and the next step. */
export function queryFailure(
  queryId: string,
  status: { state: string; reason: string | null },
): RunbookError {
  const reason = status.reason ?? 'Athena gives no reason';
  if (status.state === 'CANCELLED') {
    return new RunbookError('QUERY_CANCELLED', `The Athena query ${queryId} was cancelled: ${reason}.`, {
      hint: 'find out who cancelled it (CloudTrail: StopQueryExecution), then run the same command again',
    });
  }
  const known = REASONS.find(([pattern]) => pattern.test(reason));
  const [, code, hint] = known ?? [
    null,
    'QUERY_FAILED' as const,
    `run the same command again; if it fails again, see the query: aws athena get-query-execution --query-execution-id ${queryId}`,
  ];
  const denial = code === 'ACCESS_DENIED' ? parseDenial(reason) : null;
  const next =
    denial === null ? hint : `allow ${denial.action} to ${denial.role}, then run the same command again`;
  return new RunbookError(code, `The Athena query ${queryId} failed: ${reason}`, { hint: next });
}
