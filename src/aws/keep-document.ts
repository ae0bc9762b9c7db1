import type { GetBucketLifecycleConfigurationCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';

const SUCCESS = 200;

/**
 * Keeps the text of the document that an answer is parsed from.
 * @param command before it is sent
 * @param replacement what the SDK parses in its place; left out: the document itself
 * @returns the text, once the command has been sent
 */
export function keepDocument(
  command: GetBucketLifecycleConfigurationCommand | ListObjectVersionsCommand,
  replacement?: Buffer,
): () => string {
  let text = '';
  (command as ListObjectVersionsCommand).middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: AsyncIterable<Uint8Array> };
      if (response.statusCode !== SUCCESS) return result;
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      text = bytes.toString('utf8');
      response.body = (replacement ?? bytes) as unknown as typeof response.body;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'keepDocument' },
  );
  return () => text;
}
