import { PLAN } from '../../src/actions/contract/plan.ts';
import { makePlan } from '../../src/actions/plan.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(PLAN, (step) => makePlan({ ...step, command: 'plan' }));
