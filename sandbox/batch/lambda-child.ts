// One execution environment of the sandbox's Lambda: loads the code of a function and answers invocations over IPC.
import { createRequire } from 'node:module';
import process from 'node:process';
import { compileFunction } from 'node:vm';

type Code = { code: string; environment: Record<string, string> };
type Invocation = { requestId: string; event: unknown; deadline: number };
type Handler = (event: unknown, context: object) => Promise<unknown>;

const surroundings = { ...process.env };
let handler: Handler;

process.on('message', (message: Code | Invocation) => {
  if ('code' in message) load(message);
  else void invoke(message);
});
// Whoever asked for it is gone.
process.on('disconnect', () => process.exit());

function load({ code, environment }: Code): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, surroundings, environment);
  const module: { exports: Record<string, unknown> } = { exports: {} };
  // The SDK is this project's, as it is the runtime's on AWS.
  compileFunction(code, ['exports', 'require', 'module'], { filename: '/var/task/index.js' })(
    module.exports,
    createRequire(import.meta.url),
    module,
  );
  handler = module.exports.handler as Handler;
  process.send?.({ ready: true });
}

async function invoke({ requestId, event, deadline }: Invocation): Promise<void> {
  const context = { awsRequestId: requestId, getRemainingTimeInMillis: () => deadline - Date.now() };
  try {
    process.send?.({ response: await handler(event, context) });
  } catch (error) {
    const { message, name } = error as Error;
    process.send?.({ error: JSON.stringify({ errorMessage: message, errorType: name }) });
  }
}
