import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

const README = join(ROOT, 'README.md');

/** The text of README.md below a heading of the second level. @throws Error if the README has no such heading */
export function readmeSection(title: string): string {
  return sectionOf(readFileSync(README, 'utf8'), title);
}

/** Replaces the text below that heading. @throws Error if the README has no such heading */
export function writeReadmeSection(title: string, content: string): void {
  const text = readFileSync(README, 'utf8');
  writeFileSync(
    README,
    text.replace(sectionOf(text, title), () => content),
  );
}

function sectionOf(readme: string, title: string): string {
  const heading = `\n## ${title}\n`;
  const start = readme.indexOf(heading) + heading.length;
  const end = readme.indexOf('\n## ', start);
  if (start < heading.length || end < 0) throw new Error(`the README has no section "${title}"`);
  return readme.slice(start, end);
}

/** A Markdown table. @param rows the titles of the columns first */
export function table(rows: readonly (readonly string[])[]): string {
  const [titles = [], ...rest] = rows;
  return [titles, titles.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |\n`).join('');
}
