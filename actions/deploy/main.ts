import { DEPLOY } from '../../src/actions/contract/deploy.ts';
import { deployRollback } from '../../src/actions/deploy.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(DEPLOY, deployRollback);
