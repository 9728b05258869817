import { parseArgs } from 'node:util';
import { cases } from './cases.ts';

/** The options of the command line. */
export type Options = {
  readonly runs: number;
  /** Names of cases or groups; none means all. */
  readonly cases: readonly string[];
  /** Names of contenders; none means all. */
  readonly only: readonly string[];
  /** Other `bridge` executables, as NAME=PATH. */
  readonly peers: readonly string[];
  /** The file that gets the run's data. */
  readonly json: string | undefined;
  /** The file of an earlier run: its figures are written into the documents and nothing is measured. */
  readonly readme: string | undefined;
  readonly help: boolean;
};

/** @throws Error for an unknown option or a bad value */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runs: { type: 'string', default: '100' },
      cases: { type: 'string', default: '' },
      only: { type: 'string', default: '' },
      peer: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      readme: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--runs "${values.runs}": must be a whole number from 1`);
  return {
    runs,
    cases: words(values.cases),
    only: words(values.only),
    peers: values.peer,
    json: values.json,
    readme: values.readme,
    help: values.help,
  };
}

/** `npm run bench -- --help` */
export function usage(): string {
  const width = Math.max(...cases.map(({ name }) => name.length));
  const rows = cases.map(
    ({ name, title, verbs, vlans, share }) =>
      `  ${name.padEnd(width)}  ${title}: ${verbs.join(', ')}; ${share * 100} % of the runs${vlans === undefined ? '' : '; VLANs'}`,
  );
  return `usage: npm run bench -- [--runs N] [--cases A,B] [--only A,B] [--peer NAME=PATH]... [--json FILE]
       npm run bench -- --readme FILE

Measures dist/native/vlan-bridge and dist/pkg/vlan-bridge beside the reference bridge plugin (Debian package
containernetworking-plugins), other bridge plugins, and iproute2 doing the same kernel work: wall and processor time, peak
memory and page faults of whole processes, their children included. Every round of a run measures all of them in another
order, in network namespaces made before the first timing. Needs root, gcc, libc6-dev, binutils and iproute2.

  --runs N          rounds of a case that gets 100 % (default 100); no case gets fewer than 3
  --cases A,B       only these, by name or group (${[...new Set(cases.map(({ group }) => group))].join(', ')})
  --only A,B        only these contenders: reference, native, pkg, iproute2 and the names of peers
  --peer NAME=PATH  another bridge plugin, with its IPAM plugins beside it; may be given several times
  --json FILE       also write every measured value to FILE
  --readme FILE     measure nothing; write the figures of a FILE of --json into README.md
                    and scripts/bench/README.md

Cases:
${rows.join('\n')}

A ratio compares with the reference in the same round; the table shows the median of these ratios and their quartiles.
"ADD+DEL" is the sum of the two in one round. Cases with VLANs run in a virtual machine if this machine's kernel does not
filter VLANs. --only without the reference shows no ratios.
`;
}

function words(text: string): readonly string[] {
  return text.split(',').filter((word) => word !== '');
}
