import type {
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';

const SUCCESS = 200;

/**
 * Keeps the text of the document that an answer is parsed from.
 * @param command before it is sent
 * @param ownRoot name of a root: a document that has it is left out of what the SDK parses, as the caller does. Any
 *   other, such as an error that came with status 200, goes to the SDK as it is
 * @returns the text, once the command has been sent
 */
export function keepDocument(
  command: DeleteObjectsCommand | GetBucketLifecycleConfigurationCommand | ListObjectVersionsCommand,
  ownRoot?: string,
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
      const isOwn = ownRoot !== undefined && text.includes(`<${ownRoot}`);
      response.body = (isOwn ? Buffer.from(`<${ownRoot}/>`) : bytes) as unknown as typeof response.body;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'keepDocument' },
  );
  return () => text;
}
