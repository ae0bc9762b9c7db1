import { DOCTOR } from '../../src/actions/contract/doctor.ts';
import { runDoctorAction } from '../../src/actions/doctor.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(DOCTOR, runDoctorAction);
