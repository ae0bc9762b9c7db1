import { INVENTORY } from '../../src/actions/contract/inventory.ts';
import { listInventory } from '../../src/actions/inventory.ts';
import { runAction } from '../../src/actions/run-action.ts';

await runAction(INVENTORY, listInventory);
