import { FREEZE } from '../../src/actions/contract/freeze.ts';
import { freeze } from '../../src/actions/freeze.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(FREEZE, freeze);
