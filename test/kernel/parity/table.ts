import { type Part, VERSIONS } from './difference.ts';
import { type DifferenceName, intended, type Row } from './row.ts';

/** The result of one configuration. */
export type Finding = {
  readonly row: Row;
  /** By part of the comparison: the intended differences, and the number of others. */
  readonly parts: ReadonlyMap<Part, { readonly found: readonly DifferenceName[]; readonly others: number }>;
};

const PARTS: readonly Part[] = [...VERSIONS, 'state', 'CHECK', 'DEL'];

/** The parity table in Markdown: configurations down, versions and commands across, the intended differences by number below. */
export function parityTable(findings: readonly Finding[]): string {
  const shown = new Set(findings.flatMap(({ parts }) => [...parts.values()].flatMap(({ found }) => found)));
  const names = (Object.keys(intended) as DifferenceName[]).filter((name) => shown.has(name));
  const cell = ({ parts }: Finding, part: Part): string => {
    const outcome = parts.get(part);
    if (outcome === undefined) return '';
    const numbers = outcome.found.map((name) => names.indexOf(name) + 1).sort((a, b) => a - b);
    const words = [...numbers, ...(outcome.others > 0 ? [`${outcome.others} UNINTENDED`] : [])];
    return words.length === 0 ? 'same' : words.join(' ');
  };
  const lines = [
    ['configuration', ...PARTS],
    ['configuration', ...PARTS].map(() => '---'),
    ...findings.map((finding) => [finding.row.name, ...PARTS.map((part) => cell(finding, part))]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  return [
    HEAD,
    ...lines,
    '',
    ...names.map((name, index) => `${index + 1}. **${name}**: ${intended[name].reason}`),
    '',
  ].join('\n');
}

const HEAD = `# Parity with the reference plugin (\`bridge\` 1.1.1)

The same configuration through both, each in network namespaces of its own. The columns of versions compare the answer to ADD,
"state" the kernel after ADD, "CHECK" whether it passes, "DEL" its answer and the kernel after it. "same": no difference; a number:
a difference that is meant, explained below; empty: not compared.
`;
