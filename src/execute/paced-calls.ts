import { Pace } from '../pace.ts';
import { S3CallError } from '../s3/call-error.ts';
import type { S3Calls } from './s3-calls.ts';

const START_REQUESTS = 16;

/** A pace for calls that throw S3CallError. @param maximum requests at a time */
export function callPace(maximum: number): Pace {
  return new Pace({ start: START_REQUESTS, maximum, asksToSlowDown: isThrottled });
}

/** The same calls, each sent when the pace has room for it. A throttled key inside an answer slows down too. */
export function pacedCalls(calls: S3Calls, pace: Pace): S3Calls {
  const paced = <T>(request: () => Promise<T>) => pace.run(request);
  /** Throttled keys of a DeleteObjects come in an answer that succeeded. */
  const pacedDeletion = async (request: () => ReturnType<S3Calls['addMarkers']>) => {
    let answers: Awaited<ReturnType<typeof request>> | null = null;
    try {
      return await paced(async () => {
        answers = await request();
        const failure = answers.map((answer) => answer.failure).find(isThrottled);
        if (failure != null) throw failure;
        return answers;
      });
    } catch (error) {
      if (answers === null) throw error;
      return answers;
    }
  };
  return {
    serverTime: calls.serverTime,
    readVersioning: (bucket) => paced(() => calls.readVersioning(bucket)),
    listVersions: (request) => paced(() => calls.listVersions(request)),
    headObject: (request) => paced(() => calls.headObject(request)),
    addMarkers: (bucket, entries) => pacedDeletion(() => calls.addMarkers(bucket, entries)),
    removeMarkers: (bucket, markers) => pacedDeletion(() => calls.removeMarkers(bucket, markers)),
    copyObject: (request) => paced(() => calls.copyObject(request)),
    readTags: (version) => paced(() => calls.readTags(version)),
    createUpload: (request) => paced(() => calls.createUpload(request)),
    copyPart: (upload, part) => paced(() => calls.copyPart(upload, part)),
    listParts: (upload) => paced(() => calls.listParts(upload)),
    completeUpload: (upload, parts, condition) => paced(() => calls.completeUpload(upload, parts, condition)),
    abortUpload: (upload) => paced(() => calls.abortUpload(upload)),
  };
}

function isThrottled(error: unknown): boolean {
  return error instanceof S3CallError && error.failure === 'throttled';
}
