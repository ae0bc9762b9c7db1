import { VERIFY } from '../../src/actions/contract/verify.ts';
import { runAction } from '../../src/actions/run-action.ts';
import { verifyRollback } from '../../src/actions/verify.ts';

await runAction(VERIFY, verifyRollback);
