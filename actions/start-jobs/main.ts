import { START_JOBS } from '../../src/actions/contract/start-jobs.ts';
import { runAction } from '../../src/actions/run-action.ts';
import { startRollback } from '../../src/actions/start-jobs.ts';

await runAction(START_JOBS, startRollback);
