import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { readTemplate } from '../render/handlebars.ts';
import { renderComment } from './comment.ts';
import { type ReportTemplates, renderReport } from './report-page.ts';

const TEMPLATES = new URL('../../templates/', import.meta.url);

/** Writes what people read of a plan into its folder: comment.md and report.html. */
export async function writeReview(folder: string, plan: RollbackPlan): Promise<void> {
  const template = await readTemplate(new URL('comment.md.hbs', TEMPLATES));
  await writeFile(join(folder, 'comment.md'), renderComment(plan, { template }));
  await writeFile(join(folder, 'report.html'), renderReport(plan, await readReportTemplates()));
}

/** The templates of the report page. */
export async function readReportTemplates(): Promise<ReportTemplates> {
  const [page, style, script] = await Promise.all(
    ['report.html.hbs', 'report.css', 'report.js'].map((name) => readTemplate(new URL(name, TEMPLATES))),
  );
  if (page === undefined || style === undefined || script === undefined)
    throw new TypeError('three templates');
  return { page, style, script };
}
