import { SCENARIO_ACTIONS, type Scenario } from '../s3/rollback.ts';

/** A table of a terminal with a wider column of actions does not fit into 80 columns. */
const WIDEST_ACTION = 36;

/** What is done to the keys of a scenario, on two lines where one would be too long. */
export function actionCell(scenario: Scenario): string {
  const action = SCENARIO_ACTIONS[scenario];
  return action.length <= WIDEST_ACTION ? action : action.replace(', ', ',\n');
}
