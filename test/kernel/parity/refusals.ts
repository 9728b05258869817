import {
  bothRefuse,
  change,
  type Difference,
  onlyTheirs,
  onlyTheyRefuse,
  theyFail,
  type Version,
} from './difference.ts';
import type { Change } from './parity-compare.ts';

const invalid = (problem: string) => ({ code: 7, msg: `invalid network configuration: ${problem}` });

/** What is meant to differ where one or both refuse, by name. */
export const refusals = {
  'nothing left of a refusal': {
    reason: 'An ADD that is refused leaves everything as it was (W1).',
    shows: { state: [onlyTheirs('host *'), onlyTheirs('pod *')] },
  },
  'MAC pinned too early': {
    reason:
      'A gateway bridge has its link-layer address pinned before the port joins; the kernel cannot take that back.',
    shows: {
      state: [
        change('host link cni0: address', 'MAC of PORT', 'MAC of cni0'),
        change('host MAC of cni0: addr_assign_type', '1', '3'),
      ],
      DEL: [
        change('host link cni0: address', '00:00:00:00:00:00', 'MAC of cni0'),
        change('host MAC of cni0: addr_assign_type', '1', '3'),
      ],
    },
  },
  'no bridge left of a refusal': {
    reason: 'An ADD that is refused leaves no bridge (W41).',
    shows: { DEL: [onlyTheirs('host *')] },
  },
  'layer 2 below 0.3.0': {
    reason: 'Found out before anything is changed, with a code of its own (W3).',
    shows: inOldVersions((version) =>
      bothRefuse(
        'cannot convert: no valid IP addresses',
        invalid(`cniVersion ${version} cannot show a result without an IP address, 0.3.0 and newer can`),
        version,
      ),
    ),
  },
  'CHECK of layer 2': {
    reason: 'The reference cannot check what has no IPAM (W18).',
    shows: { CHECK: theyFail('CHECK of *', 'no plugin name provided') },
  },
  'CHECK of a /32': {
    reason:
      'The reference looks for a route to the subnet of an address, which a host address does not have (W17).',
    shows: {
      CHECK: theyFail('CHECK of *', 'Failed to find Gateway <nil> for interface net1'),
    },
  },
  'CHECK of an implicit gateway': {
    reason: 'The reference does not find its own route when the gateway came from the address.',
    shows: {
      CHECK: theyFail(
        'CHECK of *',
        'Expected Route {Dst:{IP:10.9.0.0 Mask:ffff0000} GW:<nil>} not found in routing table',
      ),
    },
  },
  'several subnets below 0.3.0': {
    reason: 'Errors have codes of their own (W25).',
    shows: inOldVersions((version) =>
      bothRefuse(
        `CNI version ${version} does not support more than 1 address per family`,
        invalid(`cniVersion ${version} cannot show more than one address of a family, 0.3.0 and newer can`),
        version,
      ),
    ),
  },
  'subnets side by side': {
    reason: 'The bridge may have gateway addresses of several subnets (W39).',
    shows: {
      '1.0.0': onlyTheyRefuse(
        'failed to set bridge addr: "cni0" already has an IP address different from 10.2.0.1/24',
      ),
    },
  },
  'default route without gw': {
    reason: 'isDefaultGateway fills in the gw of a default route that has none (W14).',
    shows: {
      '1.0.0': onlyTheyRefuse(
        "failed to add route '{0.0.0.0 00000000000000000000ffff00000000} via 10.1.0.1 dev net1': file exists",
      ),
    },
  },
  'MAC= without IgnoreUnknown': {
    reason: 'CNI_ARGS may have every key that the plugin knows (W33).',
    shows: { '1.0.0': onlyTheyRefuse('ARGS: unknown args ["MAC=02:00:00:00:00:03"]') },
  },
  'conflict in words': {
    reason: 'Errors have codes of their own, and name the address and the remedy (W25).',
    shows: {
      '1.0.0': bothRefuse(
        'failed to set bridge addr: "cni0" already has an IP address different from 10.1.0.1/24',
        {
          code: 101,
          msg: '"cni0" has the address "10.1.0.254/24", so the gateway "10.1.0.1/24" of the same subnet cannot be added; remove it, or set "forceAddress"',
        },
      ),
    },
  },
  'hairpin or promiscuous': {
    reason: 'Errors have codes of their own (W25).',
    shows: {
      '1.0.0': bothRefuse(
        'cannot set hairpin mode and promiscuous mode at the same time.',
        invalid(
          'hairpinMode: true: cannot go with promiscMode: frames would come back to their sender twice',
        ),
      ),
    },
  },
  'VLAN out of range': {
    reason: 'Errors have codes of their own (W25).',
    shows: {
      '1.0.0': bothRefuse(
        'invalid VLAN ID 5000 (must be between 0 and 4094)',
        invalid('vlan: 5000: must be a whole number from 0 to 4094'),
      ),
    },
  },
  'DEL of a bad configuration': {
    reason: 'DEL needs nothing of the configuration (W22).',
    shows: {
      DEL: theyFail('DEL', 'invalid VLAN ID 5000 (must be between 0 and 4094)'),
    },
  },
  'no prefix length': {
    reason: 'Errors have codes of their own, and name the place (W25).',
    shows: {
      '1.0.0': bothRefuse(
        "the 'address' field is expected to be in CIDR notation, got: '10.1.0.5'",
        invalid(
          'ipam.addresses[0].address: "10.1.0.5": must be an address with its prefix length, such as "10.20.1.11/24"',
        ),
      ),
    },
  },
  'bridge does not filter': {
    reason: 'A bridge that does not keep VLANs apart is refused (W5).',
    shows: {
      '1.0.0': [
        change('ADD: exitCode', 0, 1),
        change('ADD: code', undefined, 101),
        change(
          'ADD: msg',
          undefined,
          'bridge "cni0" does not filter VLANs; run "ip link set cni0 type bridge vlan_filtering 1", or set "vlanFiltering": "enable"',
        ),
        change('ADD: cniVersion', undefined, '1.0.0'),
        onlyTheirs('result'),
      ],
    },
  },
} as const satisfies Readonly<Record<string, Difference>>;

/** The versions whose results are one address of a family. */
function inOldVersions(changes: (version: Version) => readonly Change[]): Difference['shows'] {
  return Object.fromEntries((['0.1.0', '0.2.0'] as const).map((version) => [version, changes(version)]));
}
