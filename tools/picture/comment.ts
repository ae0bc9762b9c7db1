// Renders a comment as GitHub shows it and takes a picture:
//
//   node comment.ts [comment.md] [--out comment.png] [--dark] [--height 1200]
//
// Without a file: the plan that the tests of the review use.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import MarkdownIt from 'markdown-it';
import { readTemplate } from '../../src/render/handlebars.ts';
import { renderComment } from '../../src/review/comment.ts';
import { buildSamplePlan } from '../../test/review/sample-plan.ts';
import { takePicture, withBrowser } from './browser.ts';

const WIDTH = 900;
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: new URL('../../docs/images/comment.png', import.meta.url).pathname },
    dark: { type: 'boolean', default: false },
    height: { type: 'string', default: '20000' },
  },
});
const [file] = positionals;
const text = file === undefined ? await renderSample() : await readFile(file, 'utf8');
const css = await readModule(`github-markdown-css/github-markdown-${values.dark ? 'dark' : 'light'}.css`);
const mermaid = await readModule('mermaid/dist/mermaid.min.js');

await withBrowser(async (browser) => {
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTH, height: 1200, deviceScaleFactor: 2 });
  await page.setContent(pageOf(text));
  await page.addScriptTag({ content: mermaid });
  await page.evaluate(
    async (theme) => {
      const { mermaid: charts } = globalThis as unknown as {
        mermaid: { initialize(options: object): void; run(): Promise<void> };
      };
      charts.initialize({ startOnLoad: false, theme });
      await charts.run();
    },
    values.dark ? 'dark' : 'default',
  );
  await takePicture(page, values.out, Number(values.height));
});

async function renderSample(): Promise<string> {
  const template = await readTemplate(new URL('../../templates/comment.md.hbs', import.meta.url));
  return renderComment(buildSamplePlan(), { template });
}

/** The Markdown of a comment in GitHub's own style; alerts and Mermaid are what GitHub adds to CommonMark. */
function pageOf(markdown: string): string {
  const renderer = new MarkdownIt({ html: true, linkify: true });
  const fence = renderer.renderer.rules.fence;
  renderer.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index];
    if (token?.info.trim() !== 'mermaid') return fence?.(tokens, index, ...rest) ?? '';
    return `<pre class="mermaid">${renderer.utils.escapeHtml(token.content)}</pre>`;
  };
  const body = renderer
    .render(markdown)
    .replace(
      /<blockquote>\s*<p>\[!([A-Z]+)\]\n?([\s\S]*?)<\/blockquote>/g,
      (_, kind: string, rest: string) =>
        `<div class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${kind[0]}${kind.slice(1).toLowerCase()}</p><p>${rest}</div>`,
    );
  const [back, border, head] = values.dark
    ? ['#0d1117', '#3d444d', '#151b23']
    : ['#fff', '#d1d9e0', '#f6f8fa'];
  return `<!doctype html><meta charset="utf-8"><style>${css}
body { margin: 0; padding: 16px; background: ${back}; }
.box { border: 1px solid ${border}; border-radius: 6px; overflow: hidden; }
.head { padding: 8px 16px; background: ${head}; border-bottom: 1px solid ${border}; font: 14px sans-serif; color: #59636e; }
.markdown-body { padding: 16px; font-size: 14px; }
pre.mermaid { background: transparent !important; padding: 0 !important; text-align: center; }
</style><div class="box"><div class="head"><b>github-actions</b> bot commented</div><article class="markdown-body">${body}</article></div>`;
}

function readModule(path: string): Promise<string> {
  return readFile(new URL(`node_modules/${path}`, import.meta.url), 'utf8');
}
