import { putString, putU8, putU16, putU32 } from 'netlink/dist/structs.js';
import { attribute, type NetlinkMessage, NLM_F_CREATE, NLM_F_EXCL } from '../netlink/message.ts';
import { change, linkInfo, linkMessage } from './message.ts';
import * as uapi from './uapi.ts';

export type NewBridge = {
  readonly name: string;
  readonly mac: Buffer;
  readonly vlanFiltering: boolean;
};

/**
 * Creates a bridge, up, in one request: no default VLAN, no forward delay, no multicast snooping, its frames kept from the
 * host's iptables. `ip link add NAME up address MAC type bridge forward_delay 0 [vlan_filtering 1] mcast_snooping 0
 * nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 vlan_default_pvid 0`. EEXIST when the name is taken,
 * EOPNOTSUPP when the kernel cannot filter VLANs and has to.
 */
export function createBridge({ name, mac, vlanFiltering }: NewBridge): NetlinkMessage<void> {
  const settings = [
    attribute(uapi.IFLA_BR_FORWARD_DELAY, putU32(0)),
    ...(vlanFiltering ? [attribute(uapi.IFLA_BR_VLAN_FILTERING, putU8(1))] : []),
    attribute(uapi.IFLA_BR_MCAST_SNOOPING, putU8(0)),
    attribute(uapi.IFLA_BR_NF_CALL_IPTABLES, putU8(0)),
    attribute(uapi.IFLA_BR_NF_CALL_IP6TABLES, putU8(0)),
    attribute(uapi.IFLA_BR_NF_CALL_ARPTABLES, putU8(0)),
    attribute(uapi.IFLA_BR_VLAN_DEFAULT_PVID, putU16(0)),
  ];
  return change(`create bridge "${name}"`, uapi.RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, [
    linkMessage(0, { up: true }),
    attribute(uapi.IFLA_ADDRESS, mac),
    attribute(uapi.IFLA_IFNAME, putString(name)),
    linkInfo('bridge', Buffer.concat(settings)),
  ]);
}

export type NewVeth = {
  readonly mtu: number | undefined;
  readonly hostName: string;
  readonly hostMac: Buffer;
  /** ifindex of the bridge that the host end becomes a port of. */
  readonly master: number;
  readonly containerName: string;
  readonly containerMac: Buffer;
  /** Descriptor of the network namespace that the container end is created in; absent: the same as the host end's. */
  readonly netnsFd: number | undefined;
};

/**
 * Creates both ends of a veth pair where they stay, down: the host end as a port of its bridge, the container end in its
 * network namespace under its final name. `ip link add HOST address MAC mtu MTU master BRIDGE type veth peer name IFNAME
 * address MAC mtu MTU netns NETNS`. EEXIST when one of the two names is taken.
 */
export function createVeth(veth: NewVeth): NetlinkMessage<void> {
  const mtu = mtuAttribute(veth.mtu);
  const peer = Buffer.concat([
    linkMessage(0),
    attribute(uapi.IFLA_ADDRESS, veth.containerMac),
    ...mtu,
    ...(veth.netnsFd === undefined ? [] : [attribute(uapi.IFLA_NET_NS_FD, putU32(veth.netnsFd))]),
    attribute(uapi.IFLA_IFNAME, putString(veth.containerName)),
  ]);
  const operation = `create veth pair "${veth.hostName}" and "${veth.containerName}"`;
  return change(operation, uapi.RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, [
    linkMessage(0),
    attribute(uapi.IFLA_ADDRESS, veth.hostMac),
    ...mtu,
    attribute(uapi.IFLA_MASTER, putU32(veth.master)),
    attribute(uapi.IFLA_IFNAME, putString(veth.hostName)),
    linkInfo('veth', attribute(uapi.VETH_INFO_PEER, peer)),
  ]);
}

function mtuAttribute(mtu: number | undefined): readonly Buffer[] {
  return mtu === undefined ? [] : [attribute(uapi.IFLA_MTU, putU32(mtu))];
}
