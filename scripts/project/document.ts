import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** A document that has sections written by a script, relative to the project. */
export type Document = 'README.md' | 'scripts/bench/README.md' | 'test/README.md';

/** The text of the document below a heading of the second level. @throws Error if it has no such heading */
export function documentSection(document: Document, title: string): string {
  return split(document, title).section;
}

/** Replaces the text below that heading. @throws Error if the document has no such heading */
export function writeDocumentSection(document: Document, title: string, content: string): void {
  const { before, after } = split(document, title);
  writeFileSync(join(ROOT, document), before + content + after);
}

/** @throws Error if the document has no such section before another one */
function split(document: Document, title: string) {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const heading = `\n## ${title}\n`;
  const start = text.indexOf(heading) + heading.length;
  const end = text.indexOf('\n## ', start);
  if (start < heading.length || end < 0)
    throw new Error(`${document} has no section "${title}" before another one`);
  return { before: text.slice(0, start), section: text.slice(start, end), after: text.slice(end) };
}

/** A Markdown table. @param rows the titles of the columns first */
export function table(rows: readonly (readonly string[])[]): string {
  const [titles = [], ...rest] = rows;
  return [titles, titles.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |\n`).join('');
}
