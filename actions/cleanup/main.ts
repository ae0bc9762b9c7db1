import { cleanRollbacks } from '../../src/actions/cleanup.ts';
import { CLEANUP } from '../../src/actions/contract/cleanup.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(CLEANUP, cleanRollbacks);
