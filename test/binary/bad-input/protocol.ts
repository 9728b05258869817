import { config, idRule, invalid, newest, type Row } from './row.ts';

const versions = '["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]';

/** Versions, names and previous results that the CNI specification does not allow. */
export const protocolRows: readonly Row[] = [
  [
    'an unknown version',
    config({ cniVersion: '2.0.0' }),
    1,
    'incompatible CNI versions',
    { ...newest, details: `config is "2.0.0", plugin supports ${versions}` },
  ],
  [
    'a version that is not to the letter',
    config({ cniVersion: '1.0' }),
    1,
    'incompatible CNI versions',
    { ...newest, details: `config is "1.0", plugin supports ${versions}` },
  ],
  ['a version that is no text', config({ cniVersion: 1 }), 6, 'cniVersion: 1: must be a string', newest],
  ['a missing name', config({ name: undefined }), 7, 'missing network name'],
  ['an empty name', config({ name: '' }), 7, 'missing network name'],
  ['a name that is no text', config({ name: 5 }), 6, 'name: 5: must be a string'],
  [
    'a name with a space',
    config({ name: 'vlan 100' }),
    7,
    'invalid characters found in network name',
    { details: `name "vlan 100" ${idRule}` },
  ],
  [
    'a name that begins with a hyphen',
    config({ name: '-a' }),
    7,
    'invalid characters found in network name',
    { details: `name "-a" ${idRule}` },
  ],
  [
    'CHECK below 0.4.0',
    { verb: 'CHECK', ...config({ cniVersion: '0.3.1' }) },
    1,
    'config version does not allow CHECK',
    { cniVersion: '0.3.1', details: 'config is "0.3.1", CHECK needs "0.4.0" or newer' },
  ],
  [
    'CHECK without prevResult',
    { verb: 'CHECK', ...config({}) },
    7,
    'prevResult is missing: CHECK compares with the result of ADD',
  ],
  [
    'CHECK with a prevResult that is none',
    { verb: 'CHECK', ...config({ prevResult: 5 }) },
    6,
    'CNI result is not understood',
    { details: '5: must be an object' },
  ],
  [
    'CHECK with a prevResult of an unknown version',
    { verb: 'CHECK', ...config({ prevResult: { cniVersion: '9.9.9' } }) },
    6,
    'unsupported CNI result version "9.9.9"',
  ],
  [
    'CHECK with junk in prevResult',
    {
      verb: 'CHECK',
      ...config({ prevResult: { cniVersion: '1.0.0', interfaces: [null], ips: [{ address: 5 }] } }),
    },
    6,
    'CNI result is not understood',
    { details: 'interfaces[0]: null: must be an object\nips[0].address: 5: must be a string' },
  ],
  [
    'ADD with a prevResult that is none',
    config({ prevResult: 5 }),
    6,
    'CNI result is not understood',
    { details: '5: must be an object' },
  ],
  [
    'two IPv4 addresses at 0.2.0',
    config({
      cniVersion: '0.2.0',
      ipam: { type: 'static', addresses: [{ address: '10.20.1.11/24' }, { address: '10.20.2.11/24' }] },
    }),
    7,
    invalid('cniVersion 0.2.0 cannot show more than one address of a family, 0.3.0 and newer can'),
    { cniVersion: '0.2.0' },
  ],
  [
    'layer 2 at 0.2.0',
    config({ cniVersion: '0.2.0', ipam: {} }),
    7,
    invalid('cniVersion 0.2.0 cannot show a result without an IP address, 0.3.0 and newer can'),
    { cniVersion: '0.2.0' },
  ],
  [
    'layer 2 without a version, which means 0.1.0',
    config({ cniVersion: undefined, ipam: {} }),
    7,
    invalid('cniVersion 0.1.0 cannot show a result without an IP address, 0.3.0 and newer can'),
    { cniVersion: '0.1.0' },
  ],
];
