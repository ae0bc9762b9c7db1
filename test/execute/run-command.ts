import { main } from '../../src/cli/program.ts';
import { borrowProcess, type ProcessEnd } from '../cli/borrowed-process.ts';
import { addressCommand, ENVIRONMENT, type Store } from './command.ts';

/** Runs a command line against a store in this process. */
export function runCommand(
  store: Store | null,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<ProcessEnd> {
  return borrowProcess({ environment: { ...ENVIRONMENT, ...environment } }, () =>
    main(addressCommand(store, args)),
  );
}
