import {
  ACCEPTED,
  answer,
  BRIDGE,
  type DifferenceName,
  dual,
  EXISTING,
  effect,
  FILTERING,
  four,
  KEPT,
  NO_DAD,
  type Row,
} from './row.ts';

const VLAN_GATEWAY: readonly DifferenceName[] = [
  ...EXISTING,
  KEPT,
  NO_DAD,
  'VLAN 1 off the port',
  'VLAN gateway ignores router advertisements',
  'VLAN gateway made by one request',
];

/** Configurations with VLANs. */
export const vlanRows: readonly Row[] = [
  effect('vlan', { vlan: 100, ipam: four }, [
    ...ACCEPTED,
    'bridge settings',
    'no default VLAN, VLAN',
    'bridge MAC pinned',
    'VLAN 1 off the port',
  ]),
  effect('vlan, layer 2', { vlan: 100 }, [
    ...ACCEPTED,
    'bridge settings',
    'no default VLAN, VLAN',
    'bridge MAC pinned',
    'VLAN 1 off the port',
    'CHECK of layer 2',
  ]),
  answer('vlan, isGateway', { vlan: 100, isGateway: true, ipam: dual }, VLAN_GATEWAY, {
    // With its own address: the reference gives a new bridge the address of either port.
    node: [FILTERING.replace(' type', ' address 02:00:00:00:00:99 type')],
    ping: ['10.1.0.1', 'fd00:1::1'],
  }),
  effect(
    'vlan, isDefaultGateway, existing bridge',
    { vlan: 100, isDefaultGateway: true, ipam: dual },
    VLAN_GATEWAY,
    // With its own address: otherwise the bridge has the lower of two random addresses.
    { node: [FILTERING, 'link set cni0 address 02:00:00:00:00:0c'], ping: ['10.1.0.1', 'fd00:1::1'] },
  ),
  effect('vlan, existing bridge without default VLAN', { vlan: 100, ipam: four }, EXISTING, {
    node: [`${FILTERING} vlan_default_pvid 0`],
  }),
  effect(
    'vlan, existing bridge that does not filter',
    { vlan: 100, ipam: four },
    ['bridge does not filter'],
    { node: [BRIDGE] },
  ),
  effect(
    'vlan, preserveDefaultVlan, existing bridge',
    { vlan: 100, preserveDefaultVlan: true, ipam: four },
    EXISTING,
    { node: [FILTERING] },
  ),
  effect('vlan 0, existing bridge that filters', { vlan: 0, ipam: four }, EXISTING, { node: [FILTERING] }),
  effect(
    'vlanTrunk',
    { vlan: 100, vlanTrunk: [{ id: 200 }, { minID: 300, maxID: 302 }], ipam: four },
    [...EXISTING, 'VLAN 1 off the port', 'vlanTrunk'],
    { node: [FILTERING] },
  ),
  effect('vlan out of range', { vlan: 5000, ipam: four }, [
    'VLAN out of range',
    'DEL of a bad configuration',
  ]),
];
