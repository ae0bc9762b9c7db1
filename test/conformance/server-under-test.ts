import {
  type BucketVersioningStatus,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { type Exchange, exchange, xmlText } from './exchange.ts';

export type ServerOptions = {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Default: 1, so that a case sees each answer. A story goes on where a server closes a connection that stood idle. */
  maxAttempts?: number;
};

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether an endpoint is on this machine: trials write and delete, and go nowhere else. */
export function isLoopback(endpoint: string): boolean {
  return LOOPBACK.includes(URL.parse(endpoint)?.hostname ?? '');
}

let lastBucket = 0;

/** An S3 server on trial, with the few steps that most cases begin with. */
export class ServerUnderTest {
  readonly endpoint: string;
  readonly client: S3Client;
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.endpoint = options.endpoint;
    this.#options = options;
    this.client = this.clientWith({});
  }

  /** A client with other credentials, or for another Region. */
  clientWith(other: { secretAccessKey?: string; accessKeyId?: string; region?: string }): S3Client {
    const { endpoint, accessKeyId, secretAccessKey } = { ...this.#options, ...other };
    return new S3Client({
      endpoint,
      region: other.region ?? 'us-east-1',
      forcePathStyle: true,
      maxAttempts: this.#options.maxAttempts ?? 1,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  /** A new bucket, with versioning enabled unless said otherwise. */
  async newBucket(options: { versioning?: boolean; objectLock?: boolean } = {}): Promise<string> {
    lastBucket += 1;
    const Bucket = `conformance-${Date.now().toString(36)}-${lastBucket}`;
    await this.client.send(
      new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: options.objectLock ?? false }),
    );
    if (options.versioning !== false && options.objectLock !== true)
      await this.setVersioning(Bucket, 'Enabled');
    return Bucket;
  }

  async setVersioning(Bucket: string, Status: BucketVersioningStatus): Promise<void> {
    await this.client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  }

  /** Puts an object and answers its version ID and ETag. */
  async put(
    Bucket: string,
    Key: string,
    Body = 'x',
    input: Partial<PutObjectCommandInput> = {},
  ): Promise<{ VersionId: string; ETag: string }> {
    const { VersionId = '', ETag = '' } = await this.client.send(
      new PutObjectCommand({ Bucket, Key, Body, ...input }),
    );
    return { VersionId, ETag };
  }

  /** Adds a delete marker and answers its version ID. */
  async mark(Bucket: string, Key: string): Promise<string> {
    const { VersionId = '' } = await this.client.send(new DeleteObjectCommand({ Bucket, Key }));
    return VersionId;
  }

  /** Removes a version entry by its version ID. */
  async remove(Bucket: string, Key: string, VersionId: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  }

  /** Begins a multipart upload and answers its ID. */
  async beginUpload(Bucket: string, Key: string): Promise<string> {
    const { UploadId = '' } = await this.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    return UploadId;
  }

  exchange(command: { middlewareStack: unknown }): Promise<Exchange> {
    return exchange(this.client, command);
  }

  /** The status of a request, and the code of its error, as most cases about refusals compare them. */
  async refusal(command: { middlewareStack: unknown }): Promise<[number, string | undefined]> {
    const { status, body } = await this.exchange(command);
    return [status, xmlText(body, 'Code')];
  }
}
