import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import Handlebars from 'handlebars';

/**
 * Templates are rendered by an instance of our own: nothing is HTML-escaped, and an unknown variable is an error.
 * Escaping is therefore the template's duty, through helpers that check their arguments.
 */

/** A helper of a template: gets the arguments as they stand in the template, without Handlebars' options object. */
export type TemplateHelper = (...values: unknown[]) => string | number | boolean;

export type TemplateSource = { name: string; text: string };

/** Reads a template of the package, for example `readTemplate(new URL('../../sql/scan.sql.hbs', import.meta.url))`. */
export async function readTemplate(url: URL): Promise<TemplateSource> {
  return { name: url.pathname.split('/').at(-1) ?? url.pathname, text: await readFile(url, 'utf8') };
}

/** Reads every template of a folder as a partial, named as its file is without the ending, such as `.yaml.hbs`. */
export async function readPartials(folder: URL, ending: string): Promise<Record<string, string>> {
  const files = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [basename(file, ending), await readFile(new URL(file, folder), 'utf8')]),
    ),
  );
}

/** A template that is ready to be rendered; a name that the view lacks throws. */
export type CompiledTemplate = (view: object) => string;

type Options = {
  helpers?: Readonly<Record<string, TemplateHelper>>;
  partials?: Readonly<Record<string, string>>;
  keepLineBreaks?: boolean;
};

/** By the helpers they may use, then by their text. */
const compiled = new WeakMap<object, Map<string, CompiledTemplate>>();

/**
 * Renders a template. It is compiled once a process, for compiling takes longer than rendering; so the helpers have to
 * be one constant, not made for each call.
 */
export function renderTemplate(
  source: TemplateSource,
  view: object,
  options: { helpers: Readonly<Record<string, TemplateHelper>> },
): string {
  const templates = compiled.get(options.helpers) ?? new Map<string, CompiledTemplate>();
  compiled.set(options.helpers, templates);
  const template = templates.get(source.text) ?? compileTemplate(source, options);
  templates.set(source.text, template);
  return template(view);
}

/**
 * Compiles a template once, to be rendered many times.
 * @param source the template's name (for errors) and text
 * @param options helpers and partials by name; `keepLineBreaks` leaves the line break after a tag that stands alone on
 *   its line, which Handlebars otherwise takes away
 */
export function compileTemplate(source: TemplateSource, options: Options = {}): CompiledTemplate {
  const instance = Handlebars.create();
  for (const [name, helper] of Object.entries(options.helpers ?? {})) {
    instance.registerHelper(name, (...args: unknown[]) => helper(...args.slice(0, -1)));
  }
  for (const [name, text] of Object.entries(options.partials ?? {})) instance.registerPartial(name, text);
  const template = instance.compile(source.text, {
    noEscape: true,
    strict: true,
    preventIndent: true,
    ignoreStandalone: options.keepLineBreaks ?? false,
  });
  return (view) => {
    try {
      return template(view);
    } catch (cause) {
      throw new Error(`template ${source.name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  };
}
