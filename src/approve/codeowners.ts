/**
 * CODEOWNERS, as GitHub reads it ("About code owners", GitHub Docs): the last pattern that matches a path decides, a
 * pattern without owners takes the path out again. Patterns are those of .gitignore without `!` and `[ ]`; a line that
 * uses these is invalid and skipped by GitHub, and so it is here.
 */

/** Places of the file; the first that exists counts. */
export const CODEOWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;

export type Owner = { kind: 'user'; login: string } | { kind: 'team'; organisation: string; team: string };

/** Owners of one path: people and teams. E-mail addresses are left out, since the API does not tell whose they are. */
export function ownersOf(codeowners: string, path: string): Owner[] {
  let owners: Owner[] = [];
  for (const line of codeowners.split(/\r?\n/)) {
    const [pattern = '', ...names] = splitLine(line);
    if (pattern === '' || /^!|[[\]]/.test(pattern)) continue;
    if (toRegExp(pattern).test(path)) owners = names.flatMap(parseOwner);
  }
  return owners;
}

/** Words of a line up to a comment; `\ ` and `\#` stand for the character itself. */
function splitLine(line: string): string[] {
  const words = line.match(/(?:\\.|[^\s\\])+/g) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment === -1 ? words : words.slice(0, comment)).map((word) => word.replace(/\\([ #])/g, '$1'));
}

function parseOwner(name: string): Owner[] {
  const [, organisation, team] = /^@([\w-]+)\/([\w.-]+)$/.exec(name) ?? [];
  if (organisation !== undefined && team !== undefined) return [{ kind: 'team', organisation, team }];
  const [, login] = /^@([\w-]+)$/.exec(name) ?? [];
  return login === undefined ? [] : [{ kind: 'user', login }];
}

function toRegExp(pattern: string): RegExp {
  const isAnchored = pattern.slice(0, -1).includes('/');
  const isFolder = pattern.endsWith('/');
  const body = pattern
    .replace(/^\//, '')
    .replace(/\/$/, '')
    .split(/(\/\*\*\/|^\*\*\/|\/\*\*$|\*\*|\*|\?)/)
    .map(translate)
    .join('');
  // `docs/*` takes the files of the folder itself only; any other pattern may name a folder and takes all below it.
  const below = isFolder ? '/.*' : /(?:^|\/)\*$/.test(pattern) && isAnchored ? '' : '(?:/.*)?';
  return new RegExp(`^${isAnchored ? '' : '(?:.*/)?'}${body}${below}$`, 's');
}

function translate(part: string): string {
  switch (part) {
    case '/**/':
      return '/(?:.*/)?';
    case '**/':
      return '(?:.*/)?';
    case '/**':
      return '/.*';
    case '**':
      return '.*';
    case '*':
      return '[^/]*';
    case '?':
      return '[^/]';
    default:
      return part.replace(/[.+^${}()|\\]/g, '\\$&');
  }
}
