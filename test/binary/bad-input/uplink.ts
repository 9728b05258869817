import { config, invalid, type Row } from './row.ts';

const vidsRule = 'must be "attached", "all" or a list of VLANs such as [100, "200-210"]';
const itemRule = 'must be a VLAN from 1 to 4094, or a range such as "200-210"';
const withVids = (vids: unknown) => config({ uplink: { link: 'wire0', vids } });

const openTrunk =
  'uplink: "wire0": needs "vlan" or "vlanTrunk": without a VLAN the pod would be on every VLAN of the uplink';

/** Uplinks that cannot be used, and lists of VLANs that do not hold those of the network. */
export const uplinkRows: readonly Row[] = [
  ['an empty uplink', config({ uplink: '' }), 7, invalid('uplink.link: "": must be a link name')],
  [
    'an uplink with a slash',
    config({ uplink: 'a/b' }),
    7,
    invalid('uplink.link: "a/b": must be a link name'),
  ],
  [
    'an uplink without a link',
    config({ uplink: {} }),
    7,
    invalid('uplink.link: missing: must be a link name'),
  ],
  [
    'an uplink that is false',
    config({ uplink: false }),
    7,
    invalid(
      'uplink: false: must be a link name, or an object such as {"link": "trunk0", "vids": "attached"}',
    ),
  ],
  ['vids that are no list', withVids('some'), 7, invalid(`uplink.vids: "some": ${vidsRule}`)],
  ['an empty list of vids', withVids([]), 7, invalid(`uplink.vids: []: ${vidsRule}`)],
  ['VID 4095 in vids', withVids([100, 4095]), 7, invalid(`uplink.vids[1]: 4095: ${itemRule}`)],
  ['a range of vids backwards', withVids(['20-10']), 7, invalid(`uplink.vids[0]: "20-10": ${itemRule}`)],
  [
    'vids without the own VLAN',
    withVids(['200-210']),
    7,
    invalid('uplink.vids: "200-210": must hold VLAN 100 of this network too'),
  ],
  ['an uplink without a VLAN', config({ vlan: null, uplink: 'wire0' }), 7, invalid(openTrunk)],
  [
    'an uplink with a misspelt key for the VLAN',
    config({ vlan: undefined, vlanId: 100, uplink: { link: 'wire0', vids: 'all' } }),
    7,
    invalid(openTrunk),
  ],
  ['an uplink with vlan 0', config({ vlan: 0, uplink: 'wire0' }), 7, invalid(openTrunk)],
  [
    'an uplink with an empty trunk',
    config({ vlan: 0, vlanTrunk: [{}], uplink: 'wire0' }),
    7,
    invalid(openTrunk),
  ],
  ['an uplink that is not there', config({ uplink: 'nope0' }), 105, 'uplink "nope0" does not exist'],
  [
    'an mtu above that of the uplink',
    config({ uplink: 'wire0', mtu: 9000 }),
    105,
    'uplink "wire0" has MTU 1500, less than the 9000 of the configuration; raise it, or lower "mtu"',
  ],
];
