import { DRILL } from '../../src/actions/contract/drill.ts';
import { runDrillAction } from '../../src/actions/drill.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(DRILL, runDrillAction);
