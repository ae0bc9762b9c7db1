import { EXTEND_RETENTION } from '../../src/actions/contract/extend-retention.ts';
import { extendRetention } from '../../src/actions/extend-retention.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(EXTEND_RETENTION, extendRetention);
