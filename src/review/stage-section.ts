import { renderTemplate, type TemplateSource } from '../render/handlebars.ts';
import { formatCodeSpan, formatInlineText, formatLink } from '../render/markdown.ts';
import { linkToBatchJob, linkToPrefix } from './console-links.ts';
import { formatCount, formatQuantity, formatShare } from './figures.ts';
import { COMMENT_FORMATTERS } from './formatters.ts';
import { sum } from './scenario-table.ts';
import type { Approver, RecordPlace, Stage, StageJob } from './stage.ts';

const MAX_NAME_CHARACTERS = 60;
const MAX_REMARK_CHARACTERS = 300;
const MAX_REASON_CHARACTERS = 400;
const MAX_REVIEWERS = 6;

/**
 * The part of the comment that tells how far the rollback is. Pure; names, remarks and reasons are untrusted.
 * @param template templates/stage.md.hbs
 */
export function renderStage(stage: Stage, record: RecordPlace | null, template: TemplateSource): string {
  const jobs = 'jobs' in stage ? stage.jobs : [];
  return renderTemplate(
    template,
    {
      heading: describeHeading(stage),
      lines: describeLines(stage),
      isSet: jobs.some(({ bucket }) => bucket !== undefined),
      jobs: jobs.map((job) => ({ ...job, bucket: job.bucket ?? '', job: describeJob(job, record) })),
      links: [formatLink('Run', stage.run.url), ...describeRecordLinks(stage, record)],
    },
    { helpers: COMMENT_FORMATTERS },
  ).trim();
}

function describeHeading(stage: Stage): string {
  switch (stage.stage) {
    case 'planned':
      return 'Planned';
    case 'suspended':
      return 'Jobs are made and suspended';
    case 'waiting':
      return stage.reviewers === null
        ? 'Waiting for approval'
        : `Waiting for approval by ${describeReviewers(stage.reviewers)}`;
    case 'resuming':
      return stage.reviewers === null
        ? 'Waiting for approval to go on'
        : `Waiting for approval by ${describeReviewers(stage.reviewers)} to go on`;
    case 'refused':
      return 'Refused to start';
    case 'running':
      return `Running, ${describeProgress(stage.jobs)}`;
    case 'stopped':
      return 'Stopped on the way';
    case 'restoring':
      return stage.waiting > 0 ? 'S3 restores archived versions' : 'Archived versions were dealt with';
    case 'done':
      return describeEnd(stage);
    case 'extended':
      return stage.left === 0
        ? 'Extended'
        : `Extended, ${formatQuantity(stage.left, 'version')} left as they were`;
  }
}

function describeLines(stage: Stage): string[] {
  switch (stage.stage) {
    case 'planned':
      return ['Nothing has been made in AWS and nothing was changed.'];
    case 'suspended':
      return [
        stage.environment === null
          ? 'No job runs before someone approves. Nothing was changed.'
          : `No job runs before environment ${name(stage.environment)} is approved. Nothing was changed.`,
      ];
    case 'waiting':
      return [`${describeReview(stage)} Nothing was changed so far.`];
    case 'resuming':
      return [
        describeReview(stage),
        'An earlier run of this very plan was lost, was stopped, or left rows. What was done stays done, and nothing is done twice.',
      ];
    case 'refused':
      return [...describeRefusal(stage), 'Nothing was started by this run.'];
    case 'running':
      return [...describeApprover(stage.approver), ...describeGoOn('If this run is lost', stage)];
    case 'stopped':
      return [
        ...describeApprover(stage.approver),
        ...describeRefusal(stage),
        'What was done stays done, and is in the record.',
        ...describeGoOn('Then go on', stage),
      ];
    case 'restoring':
      return describeRestoring(stage);
    case 'done':
      return [
        ...describeApprover(stage.approver),
        stage.verified === null
          ? 'Not verified yet.'
          : `**Verified:** ${formatCount(stage.verified.agrees)} of ${formatQuantity(stage.verified.compared, 'key')} that were compared agree with the plan.`,
        ...(sum(stage.jobs, ({ left }) => left) === 0
          ? []
          : describeGoOn('To try again what was denied or failed', stage)),
        `**Undo:** ${formatCodeSpan(stage.undo, { cell: false })}`,
      ];
    case 'extended':
      return [
        ...describeApprover(stage.approver),
        `**Outcomes:** ${stage.outcomes.map(({ outcome, versions }) => `${formatQuantity(versions, 'version')} ${EXTENSIONS[outcome] ?? outcome}`).join(', ')}`,
        'The record is the evidence of compliance: keep it.',
      ];
  }
}

/** What an outcome means for a lock, where its name alone does not say it. */
const EXTENSIONS: Partial<Record<string, string>> = {
  done: 'extended',
  already: 'locked for long enough already',
};

function describeReview({ run, environment }: { run: { url: string }; environment: string }): string {
  return `On the page of the ${formatLink('run', run.url)} click **Review deployments**, tick ${name(environment)}, and approve or reject. Whoever started the run cannot approve it.`;
}

/** @param when words of our own */
function describeGoOn(when: string, { goOn }: { goOn?: string }): string[] {
  return goOn === undefined ? [] : [`**${when}:** ${formatCodeSpan(goOn, { cell: false })}`];
}

function describeRestoring({
  approver,
  waiting,
  expired,
  nextLookAt,
}: Extract<Stage, { stage: 'restoring' }>): string[] {
  return [
    ...(approver === null ? [] : describeApprover(approver)),
    ...(waiting > 0
      ? [
          `${formatQuantity(waiting, 'version')} on the way; the next look is worth it at ${name(nextLookAt ?? '')}.`,
        ]
      : []),
    ...(expired > 0
      ? [
          `The restored copies of ${formatQuantity(expired, 'version')} expired before they were copied: restoring them again takes a new approval.`,
        ]
      : []),
    'What was restored by then was copied, behind the same guards as any other row.',
  ];
}

function describeRefusal({ code, message, hint }: { code: string; message: string; hint: string }): string[] {
  return [
    `${name(code)}: ${formatInlineText(message, MAX_REASON_CHARACTERS)}`,
    `**Do:** ${formatInlineText(hint, MAX_REASON_CHARACTERS)}`,
  ];
}

function describeEnd({ jobs, verified }: Extract<Stage, { stage: 'done' }>): string {
  const left = sum(jobs, (job) => job.left);
  const done = left === 0 ? 'Done' : `Done, ${formatQuantity(left, 'row')} left as they were`;
  if (verified === null) return done;
  return verified.agrees === verified.compared
    ? `${done}, verified`
    : `${done}, verification found differences`;
}

function describeApprover(approver: Approver | null): string[] {
  if (approver === null) {
    return [
      '> [!CAUTION]\n> **Nobody approved this:** approval is switched off (`approval: none`). Use it for sandboxes only.',
    ];
  }
  const remark =
    approver.remark === null || approver.remark.trim() === ''
      ? ''
      : `: ${formatInlineText(approver.remark, MAX_REMARK_CHARACTERS)}`;
  return [`Approved by ${name(approver.login)}${remark}`];
}

function describeReviewers(reviewers: string[]): string {
  const shown = reviewers.slice(0, MAX_REVIEWERS).map(name);
  if (shown.length === 0) return 'nobody: the environment has no reviewers';
  const more = reviewers.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(' or ');
}

/** `43 %`; rows that were left count as dealt with. */
function describeProgress(jobs: StageJob[]): string {
  const total = sum(jobs, (job) => job.total);
  const dealtWith = sum(jobs, (job) => job.done + job.left);
  return total === 0 ? 'preparing' : dealtWith === 0 ? '0 %' : formatShare(dealtWith, total);
}

function describeJob({ jobId }: StageJob, record: RecordPlace | null): string {
  if (jobId === null) return 'this run';
  const link = record === null ? null : linkToBatchJob(record.region, jobId);
  return link === null ? formatCodeSpan(jobId, { cell: true }) : formatLink(jobId, link);
}

/** Folders of the record that are there at a stage. */
function describeRecordLinks(stage: Stage, record: RecordPlace | null): string[] {
  if (record === null) return [];
  if (record.isSet === true) {
    const link = linkToPrefix(record.region, record.bucket, record.prefix);
    return link === null ? [] : [formatLink('Record', link)];
  }
  const folders: [label: string, folder: string][] = [
    ['Manifests', 'manifests/'],
    ...(['running', 'done', 'extended'].includes(stage.stage)
      ? ([
          ['Outcomes', 'outcomes/'],
          ['Reports', 'reports/'],
        ] as [string, string][])
      : []),
  ];
  return folders.flatMap(([label, folder]) => {
    const link = linkToPrefix(record.region, record.bucket, `${record.prefix}${folder}`);
    return link === null ? [] : [formatLink(label, link)];
  });
}

/** A name of a person, an environment or a code; as code nobody is notified. */
function name(text: string): string {
  return formatCodeSpan(text, { cell: true, maxCharacters: MAX_NAME_CHARACTERS });
}
