import type { PlanEngine } from '../plan/plan-file.ts';
import { formatBytes } from '../review/figures.ts';

/** The engine of a plan as a note among its checks, where the comment shows it. */
export function engineCheck(engine: PlanEngine) {
  const cost =
    engine.name === 'athena' ? ` ${engine.queries} queries scanned ${formatBytes(engine.scannedBytes)}.` : '';
  const message = `${engine.name === 'athena' ? 'Athena' : 'DuckDB'} made this plan: ${engine.reason}.${cost}`;
  return { code: 'QUERY_ENGINE', level: 'info' as const, message, hint: 'choose with --engine' };
}
