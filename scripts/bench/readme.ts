import { documentSection, table, writeDocumentSection } from '../project/document.ts';
import { cases } from './cases.ts';
import { baseOf, growthCases, growthOf, measuresOf, ratioOf, samplesOf, type Wanted } from './compare.ts';
import { type ContenderFacts, findSeries, type Run } from './run.ts';
import { median, type Spread } from './statistics.ts';

/** The title of the sections with figures, in this folder's README.md and in that of the project. */
export const TITLE = 'Figures';

/** Replaces the figures in both documents by those of the run. */
export function writeReadme(run: Run): void {
  writeDocumentSection('scripts/bench/README.md', TITLE, figures(run));
  writeDocumentSection('README.md', TITLE, keyFigures(run));
}

/** The section of this folder's README.md that shows all figures, without its heading. */
export function readmeFigures(): string {
  return documentSection('scripts/bench/README.md', TITLE);
}

/** The rows of `keyFigures`. */
const KEY_ROWS: readonly Omit<Wanted, 'contender'>[] = [
  { case: 'plain', measure: 'ADD' },
  { case: 'plain', measure: 'DEL' },
  { case: 'burst-100', measure: 'ADD' },
  { case: 'access', measure: 'ADD' },
];

/** The section of the project's README.md about a run: the rows that most users ask for. */
export function keyFigures(run: Run): string {
  const rows = KEY_ROWS.map(({ case: name, measure }) => [
    `${measure}, ${cases.find((each) => each.name === name)?.title}`,
    ...run.contenders.map((contender) => cell(run, { case: name, contender: contender.name, measure })),
  ]);
  return `\n${intro(run)}\n\n${table([['', ...run.contenders.map(label)], ...rows, ...factRows(run)])}${KEY_OUTRO}`;
}

const KEY_OUTRO = `
Each cell: the median, and in brackets the ratio to the reference in the same round (median, quartiles). \`iproute2\` does the same kernel work by hand. [All figures](scripts/bench/README.md); \`npm run bench -- --readme FILE\` writes both tables from a FILE that \`--json\` has written.
`;

/** The section of this folder's README.md about a run: its command, date and machine, and a table of medians with their ratios. */
export function figures(run: Run): string {
  const rows = [
    ['', ...run.contenders.map(label)],
    ...cases.flatMap(({ name, title }) =>
      measuresOf(run, name).map((measure) => [
        `${measure}${name === 'plain' ? '' : `, ${title}`}`,
        ...run.contenders.map((contender) => cell(run, { case: name, contender: contender.name, measure })),
      ]),
    ),
    ...growthRows(run),
    ...factRows(run),
    [
      'shared libraries',
      ...run.contenders.map(({ libraries }) => libraries.map(shortName).join(', ') || 'none'),
    ],
  ];
  return `\n${intro(run)}\n\n${table(rows)}${OUTRO}`;
}

const OUTRO = `
Each cell: the median; in brackets the ratio to the reference in the same round, median and quartiles. Whole processes are timed,
from before they are started until they have ended. \`iproute2\` is the floor: the same kernel work by as few processes of \`ip\` and
\`bridge\` as can do it. Times on other machines differ, ratios less so. \`npm run bench -- --help\` tells how it is measured.
`;

function intro({ command, date, machine, parts, contenders }: Run): string {
  const [own, ...others] = parts.map(({ kernel }) => kernel);
  const guest = others.map(
    (kernel) => `, for VLANs ${kernel}${kernel === own ? '' : ' in a virtual machine'}`,
  );
  const reference = contenders.find(({ kind }) => kind === 'reference');
  const beside = reference === undefined ? '' : `; the reference is ${reference.version}`;
  return `\`${command}\`\n(${date}, ${machine.processor} with ${machine.cores} cores, kernel ${own}${guest.join('')}${beside})`;
}

/** The memory and the size of each contender. */
function factRows(run: Run): readonly (readonly string[])[] {
  const sizes = run.contenders.map(
    (contender) => `${contender.sizes.map((bytes) => (bytes / 1e6).toFixed(1)).join(' + ')} MB`,
  );
  return [
    ['peak memory of one ADD', ...run.contenders.map((contender) => peak(run, contender.name))],
    ['executables', ...sizes],
  ];
}

/** The ratios of an ADD to a bridge with ports to an ADD of the same contender to the bridge without ports. */
function growthRows(run: Run): readonly (readonly string[])[] {
  return growthCases.flatMap(({ name, title }) => {
    const cells = run.contenders.map(({ name: contender }) =>
      growthOf(run, { case: name, contender, measure: 'ADD' }),
    );
    const row = [
      `ADD, ${title}, beside number 1`,
      ...cells.map((cell) => (cell === undefined ? '' : spread(cell))),
    ];
    return cells.some((cell) => cell !== undefined) ? [row] : [];
  });
}

function label({ kind, name }: ContenderFacts): string {
  return kind === 'ours' ? `dist/${name}/vlan-bridge` : name;
}

function cell(run: Run, wanted: Wanted): string {
  const samples = samplesOf(run, wanted);
  if (samples === undefined) return isRefused(run, wanted) ? 'cannot' : '';
  const ratio = wanted.contender === baseOf(run) ? undefined : ratioOf(run, wanted);
  return `${digits(median(samples.wallMs))} ms${ratio === undefined ? '' : ` (${spread(ratio)})`}`;
}

function spread({ median, low, high }: Spread): string {
  return `${digits(median)}, ${digits(low)}-${digits(high)}`;
}

function isRefused(run: Run, { measure, ...place }: Wanted): boolean {
  const verb = measure === 'ADD+DEL' ? 'ADD' : measure;
  return findSeries(run, { ...place, verb })?.refused !== undefined;
}

function peak(run: Run, contender: string): string {
  const name = cases
    .map((each) => each.name)
    .find((each) => findSeries(run, { case: each, contender, verb: 'ADD' })?.samples);
  const samples = samplesOf(run, { case: name ?? '', contender, measure: 'ADD' });
  return samples === undefined ? '' : `${digits(median(samples.peakKb) / 1024)} MB`;
}

/** Three digits, or the whole number if it has more. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value < 1 ? 2 : 3);
}

/** Shortens libstdc++.so.6 to libstdc++. */
function shortName(library: string): string {
  return library.replace(/\.so[.\d]*$/, '');
}
