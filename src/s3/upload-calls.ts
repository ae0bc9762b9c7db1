/** The call that brings a file of a record to S3, whatever its size. */
export type UploadCalls = {
  /**
   * Uploads a file, by parts where it is large.
   * @param object `ifNoneMatch`: only where there is no such object yet
   * @throws S3CallError `precondition` where there is one
   */
  uploadFile(path: string, object: { bucket: string; key: string; ifNoneMatch: boolean }): Promise<void>;
};
