import { THAW } from '../../src/actions/contract/thaw.ts';
import { thaw } from '../../src/actions/freeze.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(THAW, thaw);
