import type { z } from 'zod';

/** What a route answers; `body` becomes JSON. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

const DOCUMENTATION = 'https://docs.github.com/rest';

/** A refusal in GitHub's words. */
export class GitHubError extends Error {
  readonly answer: Answer;

  constructor(
    status: number,
    message: string,
    options: { errors?: unknown[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.answer = {
      status,
      body: {
        message,
        ...(options.errors === undefined ? {} : { errors: options.errors }),
        documentation_url: DOCUMENTATION,
        status: String(status),
      },
      ...(options.headers === undefined ? {} : { headers: options.headers }),
    };
  }
}

export const notFound = () => new GitHubError(404, 'Not Found');

/** Reads a JSON body strictly: GitHub ignores unknown fields, here they fail a test. */
export function readBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw new GitHubError(422, 'Validation Failed', {
    errors: read.error.issues.map((issue) => ({
      field: issue.path.join('.'),
      code: 'invalid',
      message: issue.message,
    })),
  });
}

export const json = (body: unknown, status = 200): Answer => ({ status, body });

const MAX_PER_PAGE = 100;
const DEFAULT_PER_PAGE = 30;

/** One page of a list, with a Link header as GitHub writes it. */
export function page(items: readonly unknown[], url: URL, wrap?: (items: unknown[]) => unknown): Answer {
  const wanted = Number(url.searchParams.get('per_page') ?? DEFAULT_PER_PAGE);
  const perPage = Math.min(MAX_PER_PAGE, Number.isInteger(wanted) && wanted > 0 ? wanted : DEFAULT_PER_PAGE);
  const number = Math.max(1, Number(url.searchParams.get('page') ?? 1) || 1);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const link = (rel: string, to: number) => {
    const target = new URL(url);
    target.searchParams.set('page', String(to));
    return `<${target}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link('prev', number - 1), link('first', 1)] : []),
    ...(number < last ? [link('next', number + 1), link('last', last)] : []),
  ];
  const items_ = items.slice((number - 1) * perPage, number * perPage);
  return {
    status: 200,
    body: wrap === undefined ? items_ : wrap(items_),
    ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }),
  };
}
