import { config, invalid, type Row } from './row.ts';

/** IPAM plugins that cannot be found. */
export const ipamRows: readonly Row[] = [
  [
    'an IPAM plugin that is not there',
    { ...config({ ipam: { type: 'no-such-ipam' } }), path: '/opt/none:/opt/cni/none' },
    7,
    'cannot find plugin "no-such-ipam": it is not in CNI_PATH "/opt/none:/opt/cni/none"',
  ],
  [
    'an IPAM plugin without CNI_PATH',
    { ...config({ ipam: { type: 'no-such-ipam' } }), env: { CNI_PATH: undefined } },
    7,
    'cannot find plugin "no-such-ipam": CNI_PATH is empty',
  ],
  [
    'an IPAM plugin by a path',
    config({ ipam: { type: '../bin/true' } }),
    7,
    'plugin type "../bin/true" must not contain "/"',
  ],
  [
    'an IPAM type that is no text',
    config({ ipam: { type: 1 } }),
    7,
    invalid('ipam.type: 1: must be a string'),
  ],
];
