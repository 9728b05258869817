import { join } from 'node:path';
import { folder, ownPath, socketPath } from './paths.ts';
import { config, type Row } from './row.ts';

const notANetns = (path: string): Row => {
  const problem = `"${path}" is not a network namespace`;
  return [
    `${path.replace(folder, 'a')} as network namespace`,
    { netns: path },
    8,
    `CNI_NETNS: ${problem}`,
    { details: problem },
  ];
};
const missing = (path: string, errno: string): Row => {
  const problem = `network namespace "${path}" does not exist`;
  return [
    `the path ${path.replace(folder, '...')}, where nothing is`,
    { netns: path },
    8,
    `CNI_NETNS: ${problem}`,
    { details: `${problem}: open "${path}": ${errno}` },
  ];
};

/** Paths that do not lead to a network namespace of a container. */
export const netnsRows: readonly Row[] = [
  missing(join(folder, 'missing'), 'ENOENT (no such file or directory)'),
  missing(join(folder, 'file/net'), 'ENOTDIR (not a directory)'),
  notANetns(join(folder, 'file')),
  notANetns(folder),
  notANetns(join(folder, 'fifo')),
  notANetns('/proc/self/ns/mnt'),
  notANetns('/dev/null'),
  [
    'a socket as network namespace',
    { netns: socketPath },
    8,
    `CNI_NETNS: open "${socketPath}": ENXIO (no such device or address)`,
    { details: `open "${socketPath}": ENXIO (no such device or address)` },
  ],
  [
    'the own network namespace',
    { netns: ownPath },
    8,
    `CNI_NETNS "${ownPath}" is the network namespace that the plugin runs in`,
  ],
  [
    'CHECK of the own network namespace',
    { verb: 'CHECK', netns: ownPath, ...config({ prevResult: {} }) },
    8,
    `CNI_NETNS "${ownPath}" is the network namespace that the plugin runs in`,
  ],
];
