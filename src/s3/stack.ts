/** Stacks of CloudFormation and roles of IAM, as far as deploying a rollback needs them. */

export type Stack = {
  id: string;
  name: string;
  /** such as CREATE_COMPLETE (API_Stack) */
  status: string;
  statusReason: string;
  parameters: Readonly<Record<string, string>>;
  outputs: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
};

export type StackEvent = { resource: string; status: string; reason: string };

export type StackRequest = {
  name: string;
  /** the same token makes no second stack */
  token: string;
  /** https URL of an object */
  templateUrl: string;
  parameters: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** the role that CloudFormation works under */
  serviceRoleArn: string;
};

/** Each sends one request, again where its failure may pass, and throws a RunbookError. */
export type StackCalls = {
  /** @returns the ID of the stack */
  createStack(request: StackRequest): Promise<string>;
  /** @param name name, or ID, by which a stack is found after its deletion too; null where there is none */
  describeStack(name: string): Promise<Stack | null>;
  /** Oldest first. */
  readEvents(id: string): Promise<StackEvent[]>;
  /** Physical IDs by logical ID. */
  readResources(id: string): Promise<Record<string, string>>;
  /** The template as it was given. */
  readTemplate(id: string): Promise<string>;
  deleteStack(id: string): Promise<void>;
  /** Those that have not been deleted. */
  listStacks(): AsyncIterable<{ id: string; name: string; status: string }>;
};

export type Role = {
  name: string;
  arn: string;
  boundaryArn: string | null;
  trust: unknown;
  tags: Readonly<Record<string, string>>;
  /** inline policies by name */
  policies: Readonly<Record<string, unknown>>;
  /** ARNs of managed policies */
  attached: readonly string[];
};

/** As StackCalls. */
export type RoleCalls = {
  readRole(name: string): Promise<Role>;
  tagRole(name: string, key: string, value: string): Promise<void>;
  untagRole(name: string, key: string): Promise<void>;
};
