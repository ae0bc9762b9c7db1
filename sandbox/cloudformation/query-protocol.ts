import { S3Error } from '../http/errors.ts';
import type { S3Request } from '../http/request.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import { element } from '../http/xml.ts';

/** The AWS Query protocol: an action and its parameters in a form, XML back. */
export type Parameters = URLSearchParams;

/** A refusal of CloudFormation or IAM. */
export function refuse(code: string, message: string, status = 400): S3Error {
  return new S3Error(code, { status, message });
}

/** The route of an action: `handle` answers with the content of its result. */
export function queryRoute(
  action: string,
  handle: (parameters: Parameters, request: S3Request) => string | Promise<string>,
): Route {
  return {
    operation: action,
    method: 'POST',
    target: 'service',
    matches: (request) =>
      request.method === 'POST' && request.path === '/' && formOf(request).get('Action') === action,
    handle: async ({ request }) => {
      const content = await handle(formOf(request), request);
      return xmlResponse(
        `<${action}Response><${action}Result>${content}</${action}Result></${action}Response>`,
      );
    },
    errorResponse: errorOf,
  };
}

function errorOf({ code, message, status }: S3Error): S3Response {
  const content = `<Error><Type>Sender</Type>${element('Code', code)}${element('Message', message)}</Error>`;
  return {
    ...xmlResponse(`<ErrorResponse>${content}<RequestId>sandbox</RequestId></ErrorResponse>`),
    status,
  };
}

export function formOf({ headers, body }: S3Request): Parameters {
  const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true;
  return new URLSearchParams(isForm ? body.toString('utf8') : '');
}

/** `Tags.member.1.Key` and the like. */
export function readMembers(parameters: Parameters, list: string, names: readonly string[]): string[][] {
  const members: string[][] = [];
  for (let index = 1; ; index += 1) {
    const member = names.map((name) =>
      parameters.get(`${list}.member.${index}${name === '' ? '' : `.${name}`}`),
    );
    if (member.every((value) => value === null)) return members;
    members.push(member.map((value) => value ?? ''));
  }
}

export function memberList(name: string, members: readonly string[]): string {
  return `<${name}>${members.map((member) => `<member>${member}</member>`).join('')}</${name}>`;
}
