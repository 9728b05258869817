import { putString, putU8, putU16, putU32 } from 'netlink/dist/structs.js';
import { attribute, type NetlinkMessage, NLM_F_CREATE, NLM_F_EXCL } from '../netlink/message.ts';
import { change, linkInfo, linkMessage } from './message.ts';
import * as uapi from './uapi.ts';

/** A bridge to create. */
export type NewBridge = {
  readonly name: string;
  readonly mac: Buffer;
  readonly vlanFiltering: boolean;
};

/**
 * Creates a bridge and sets it up in one request: without default VLAN, forward delay and multicast snooping. The host's
 * iptables do not see its frames. `ip link add NAME up address MAC type bridge forward_delay 0 [vlan_filtering 1]
 * mcast_snooping 0 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 vlan_default_pvid 0`. EEXIST when a link has
 * the name, EOPNOTSUPP when `vlanFiltering` is set and the kernel cannot filter VLANs.
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

/** A veth pair to create. */
export type NewVeth = {
  /** MTU of both ends in bytes; absent: the kernel's default of 1500. */
  readonly mtu: number | undefined;
  readonly hostName: string;
  readonly hostMac: Buffer;
  /** ifindex of the bridge for the host end. */
  readonly master: number;
  readonly containerName: string;
  readonly containerMac: Buffer;
  /** Descriptor of the network namespace of the container end; absent: the network namespace of the host end. */
  readonly netnsFd: number | undefined;
};

/**
 * Creates a veth pair, both ends down: the host end as a port of the bridge, the container end in its network namespace under
 * its final name. `ip link add HOST address MAC mtu MTU master BRIDGE type veth peer name IFNAME address MAC mtu MTU netns
 * NETNS`. EEXIST when a link has one of the two names.
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
