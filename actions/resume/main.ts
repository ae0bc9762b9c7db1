import { RESUME } from '../../src/actions/contract/resume.ts';
import { resumeRollback } from '../../src/actions/resume.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(RESUME, resumeRollback);
