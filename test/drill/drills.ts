import type { Drill } from '../../src/drill/drill-file.ts';

let number = 0;
/** A drill in a scratch bucket. @param runSeconds that its rollback took; null: it failed */
export function drillOf(runSeconds: number | null, objects = 1000): Drill {
  number += 1;
  const run = { rows: 900, planSeconds: 2, runSeconds: runSeconds ?? 0, rowsPerSecond: 90, verifySeconds: 1 };
  return {
    schemaVersion: 1,
    drillId: `drill-20260101t000000z-${String(number).padStart(8, '0')}`,
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T00:01:00Z',
    passed: runSeconds !== null,
    planned: null,
    scratch: {
      bucket: 'b',
      prefix: 'p/',
      objects,
      pointInTime: null,
      rollback: runSeconds === null ? null : run,
      undo: null,
      failure: runSeconds === null ? { step: 's', code: 'DRILL_FAILED', message: '', hint: '' } : null,
    },
  };
}
