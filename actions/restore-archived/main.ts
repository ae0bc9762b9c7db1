import { RESTORE_ARCHIVED } from '../../src/actions/contract/restore-archived.ts';
import { restoreArchived } from '../../src/actions/restore-archived.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(RESTORE_ARCHIVED, restoreArchived);
