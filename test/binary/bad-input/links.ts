import { podPath } from './paths.ts';
import { config, invalid, type Row } from './row.ts';

const mtuRule = "must be 0 (the kernel's default) or a whole number from 68 to 65535";
const linkNameRule =
  'must be a link name: 1 to 15 bytes, not "." or "..", without "/", ":", "%", white space and control characters';

/** Link names, MTUs and bridges that the kernel would refuse. */
export const linkRows: readonly Row[] = [
  ['an mtu that is too large', config({ mtu: 65536 }), 7, invalid(`mtu: 65536: ${mtuRule}`)],
  ['an mtu that is too small', config({ mtu: 67 }), 7, invalid(`mtu: 67: ${mtuRule}`)],
  [
    'an mtu that is too small for IPv6',
    config({ mtu: 1279, ipam: { type: 'static', addresses: [{ address: 'fd00::11/64' }] } }),
    7,
    invalid('mtu: 1279: must be at least 1280 for IPv6'),
  ],
  [
    'a bridge name of 16 bytes',
    config({ bridge: 'a-bridge-of-16-b' }),
    7,
    invalid(`bridge: "a-bridge-of-16-b": ${linkNameRule}`),
  ],
  ['an empty bridge name', config({ bridge: '' }), 7, invalid(`bridge: "": ${linkNameRule}`)],
  ['a bridge name with a slash', config({ bridge: 'br/0' }), 7, invalid(`bridge: "br/0": ${linkNameRule}`)],
  [
    'a template of the kernel as bridge name',
    config({ bridge: 'br%d' }),
    7,
    invalid(`bridge: "br%d": ${linkNameRule}`),
  ],
  [
    'a bridge that is no bridge',
    config({ bridge: 'wire0' }),
    101,
    '"wire0" is not a bridge (it is a veth link); name another bridge in "bridge"',
  ],
  [
    'the loopback as bridge',
    config({ bridge: 'lo' }),
    101,
    '"lo" is not a bridge; name another bridge in "bridge"',
  ],
  [
    'a link name that is taken',
    { ifname: 'taken0' },
    102,
    `CNI_IFNAME "taken0" already exists in network namespace "${podPath}"`,
  ],
];
