import { UNDO } from '../../src/actions/contract/undo.ts';
import { makePlan } from '../../src/actions/plan.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(UNDO, (step) => makePlan({ ...step, command: 'undo' }));
