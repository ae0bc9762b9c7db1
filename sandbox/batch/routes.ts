import { S3Error } from '../http/errors.ts';
import type { S3Request } from '../http/request.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import { child, element, parseXml } from '../http/xml.ts';
import type { BatchOperations } from './batch-operations.ts';
import { controlDocument, describeJob, listedJob } from './describe.ts';
import type { Job } from './job.ts';
import { invalid, readDefinition, readTags } from './read-definition.ts';

const PATH = /^\/v20180820\/jobs(?:\/(?<id>[^/]+)(?:\/(?<part>status|priority|tagging))?)?$/;
const MAX_RESULTS = 1_000;

type JobHandler = (job: Job, request: S3Request) => S3Response;

/** The routes of S3 Control for jobs: told by their path and the account's header, whatever the host. */
export function batchRoutes(batch: BatchOperations): Route[] {
  const ofJobs = (operation: string, method: string, handle: (request: S3Request) => S3Response): Route => ({
    operation,
    method,
    target: 'key',
    matches: (request) => matchOf(request, method)?.id === undefined && matchOf(request, method) !== null,
    handle: ({ request }) => answered(() => handle(request)),
  });
  const ofJob = (operation: string, method: string, part: string | undefined, handle: JobHandler): Route => ({
    operation,
    method,
    target: 'key',
    matches: (request) => {
      const match = matchOf(request, method);
      return match?.id !== undefined && match.part === part;
    },
    handle: ({ request }) =>
      answered(() => handle(batch.find(decodeURIComponent(matchOf(request, method)?.id ?? '')), request)),
  });
  return [
    ofJobs('CreateJob', 'POST', ({ body }) => {
      const job = batch.create(readDefinition(body), body.toString('utf8'));
      return xmlResponse(controlDocument('CreateJobResult', element('JobId', job.id)));
    }),
    ofJobs('ListJobs', 'GET', (request) => listJobs(batch, request)),
    ofJob('DescribeJob', 'GET', undefined, (job) => xmlResponse(describeJob(job, batch.now))),
    ofJob('UpdateJobStatus', 'POST', 'status', (job, { query }) => {
      batch.updateStatus(job, query.get('requestedJobStatus') ?? '', query.get('statusUpdateReason'));
      const content = `${element('JobId', job.id)}${element('Status', job.status)}${element('StatusUpdateReason', job.statusUpdateReason)}`;
      return xmlResponse(controlDocument('UpdateJobStatusResult', content));
    }),
    ofJob('UpdateJobPriority', 'POST', 'priority', (job, { query }) => {
      const priority = Number(query.get('priority') ?? Number.NaN);
      if (!(priority >= 0)) throw invalid('priority');
      job.priority = priority;
      const content = `${element('JobId', job.id)}${element('Priority', priority)}`;
      return xmlResponse(controlDocument('UpdateJobPriorityResult', content));
    }),
    ofJob('PutJobTagging', 'PUT', 'tagging', (job, { body }) => {
      job.tags = readTags(child(parseXml(body, 'PutJobTaggingRequest'), 'Tags'));
      return { status: 200 };
    }),
    ofJob('GetJobTagging', 'GET', 'tagging', (job) => {
      const tags = job.tags.map(
        ({ key, value }) => `<member>${element('Key', key)}${element('Value', value)}</member>`,
      );
      return xmlResponse(controlDocument('GetJobTaggingResult', `<Tags>${tags.join('')}</Tags>`));
    }),
  ];
}

function listJobs(batch: BatchOperations, { search }: S3Request): S3Response {
  batch.age();
  const query = new URLSearchParams(search);
  const statuses = query.getAll('jobStatuses');
  const start = Number(query.get('nextToken') ?? 0);
  const size = Math.min(MAX_RESULTS, Number(query.get('maxResults') ?? MAX_RESULTS));
  const jobs = [...batch.jobs.values()]
    .toReversed()
    .filter(({ status }) => statuses.length === 0 || statuses.includes(status));
  const page = jobs.slice(start, start + size).map((job) => listedJob(job, batch.now));
  const next = start + size < jobs.length ? String(start + size) : undefined;
  return xmlResponse(
    controlDocument('ListJobsResult', `${element('NextToken', next)}<Jobs>${page.join('')}</Jobs>`),
  );
}

function matchOf(request: S3Request, method: string): { id?: string; part?: string } | null {
  if (request.method !== method || !request.headers.has('x-amz-account-id')) return null;
  return PATH.exec(request.path)?.groups ?? null;
}

/** S3 Control wraps its errors, unlike S3 (Amazon S3 Control, error responses). */
function answered(handle: () => S3Response): S3Response {
  try {
    return handle();
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const { code, status, message } = error;
    const content = `<Error>${element('Type', 'Sender')}${element('Code', code)}${element('Message', message)}</Error>`;
    return {
      ...xmlResponse(controlDocument('ErrorResponse', content)),
      status,
    };
  }
}
