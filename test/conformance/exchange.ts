import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/** An answer as it came over the wire: the SDK hides the order of a listing, and most of an error. */
export type Exchange = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

type WireResponse = { statusCode: number; headers: Record<string, string>; body: unknown };
type Step = (args: unknown) => Promise<{ response: WireResponse; output: unknown }>;
/** What a command's middleware stack is used for here; the SDK's own type differs with each command. */
type Stack = {
  add(
    middleware: (
      next: (args: { request: { headers: Record<string, string> } }) => unknown,
    ) => (args: { request: { headers: Record<string, string> } }) => unknown,
    options: { step: 'build'; priority: 'low'; name: string },
  ): void;
  addRelativeTo(
    middleware: (next: Step) => Step,
    options: { relation: 'after'; toMiddleware: string; name: string },
  ): void;
};

/** Sends a command and answers what the server sent, whatever the SDK makes of it. */
export async function exchange(client: S3Client, command: { middlewareStack: unknown }): Promise<Exchange> {
  let seen: Exchange | undefined;
  const capture = (next: Step): Step => {
    return async (args) => {
      const result = await next(args);
      const { response } = result;
      const bytes = await readBody(response.body);
      seen = { status: response.statusCode, headers: response.headers, body: bytes.toString('utf8') };
      response.body = Readable.from(bytes.length === 0 ? [] : [bytes]);
      return result;
    };
  };
  (command.middlewareStack as Stack).addRelativeTo(capture, {
    relation: 'after',
    toMiddleware: 'deserializerMiddleware',
    name: 'captureExchange',
  });
  try {
    await client.send(command as never);
  } catch (error) {
    if (seen === undefined) throw error;
  }
  if (seen === undefined) throw new Error('the server sent no answer');
  return seen;
}

/** Changes the headers of a command when the SDK has put its own, and before it signs them. */
export function withHeaders<T extends { middlewareStack: unknown }>(
  command: T,
  change: (headers: Record<string, string>) => void,
): T {
  (command.middlewareStack as Stack).add(
    (next) => (args) => {
      change(args.request.headers);
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'changeHeaders' },
  );
  return command;
}

/** Text of the first element of a name, or undefined. */
export function xmlText(body: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
}

/** Texts of all elements of a name, in document order. */
export function xmlTexts(body: string, name: string): string[] {
  return [...body.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);
}

async function readBody(body: unknown): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
