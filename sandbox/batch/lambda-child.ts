// One execution environment of the sandbox's Lambda: loads the code of a function and answers invocations over IPC.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { compileFunction } from 'node:vm';

type Invocation = { requestId: string; event: unknown; deadline: number };
type Handler = (event: unknown, context: object) => Promise<unknown>;

const [, , codePath = ''] = process.argv;
const module: { exports: Record<string, unknown> } = { exports: {} };
// The SDK is this project's, as it is the runtime's on AWS.
compileFunction(readFileSync(codePath, 'utf8'), ['exports', 'require', 'module'], {
  filename: '/var/task/index.js',
})(module.exports, createRequire(import.meta.url), module);
const handler = module.exports.handler as Handler;

process.on('message', ({ requestId, event, deadline }: Invocation) => {
  const context = { awsRequestId: requestId, getRemainingTimeInMillis: () => deadline - Date.now() };
  handler(event, context).then(
    (response) => process.send?.({ response }),
    (error: Error) =>
      process.send?.({ error: JSON.stringify({ errorMessage: error.message, errorType: error.name }) }),
  );
});
process.send?.({ ready: true });
