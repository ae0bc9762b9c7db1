/** What an AWS message of denial names: who may not do what. */
export type Denial = { role: string; action: string };

const DENIAL = /User: (?<who>arn:[\w-]+:\S+) is not authorized to perform: (?<action>[\w-]+:\w+)/;
const ASSUMED_ROLE = /^arn:(?<partition>[\w-]+):sts::(?<account>\d{12}):assumed-role\/(?<name>[^/]+)\//;

/**
 * Reads who was denied what from AWS's own message ("Troubleshoot access denied error messages", IAM User Guide).
 * @returns the ARN to put into a policy, and the action; null where the message does not name them, as older ones and
 * S3-compatible stores do not. An assumed role is named without its path, which its session does not tell.
 */
export function parseDenial(message: string): Denial | null {
  const { who, action } = DENIAL.exec(message)?.groups ?? {};
  if (who === undefined || action === undefined) return null;
  const { partition, account, name } = ASSUMED_ROLE.exec(who)?.groups ?? {};
  return { role: name === undefined ? who : `arn:${partition}:iam::${account}:role/${name}`, action };
}
