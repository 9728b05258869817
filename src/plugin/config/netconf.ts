import type { Dns, Result } from '../../cni/result.ts';
import type { Ipam } from '../../ipam/ipam.ts';
import type { VidRange, VlanConf } from '../vlan/port-vlans.ts';

/** Which of the host's packet filters holds the rules. */
export type MasqueradeBackend = 'nftables' | 'iptables';

/** What the configuration says about gateways. */
export type GatewayConf = {
  /** Gateway addresses are put on the bridge, or on the gateway link of the VLAN. */
  readonly isGateway: boolean;
  /** The container gets default routes by them. */
  readonly isDefaultGateway: boolean;
};

/** What the configuration says about the uplink. */
export type UplinkConf = {
  readonly link: string;
  /** `attached`: those that pods on the bridge use; ranges: opened once and left. */
  readonly vids: 'attached' | readonly VidRange[];
};

/** The network configuration, checked: nothing in it needs looking at again. */
export type NetConf = VlanConf &
  GatewayConf & {
    readonly bridge: string;
    /** What to do with an existing bridge that does not filter VLANs although the port needs it. */
    readonly vlanFiltering: 'require' | 'enable';
    /** The trunk; absent: whoever runs the node looks after it. */
    readonly uplink: UplinkConf | undefined;
    /** Bytes, for both ends of the veth pair, and for a bridge that is created without an uplink; absent: the uplink's, else the kernel's 1500. */
    readonly mtu: number | undefined;
    /** Of the container's end; absent: a random one. */
    readonly mac: Buffer | undefined;
    /** Take away addresses that are in the way of a gateway address. */
    readonly forceAddress: boolean;
    readonly ipMasq: boolean;
    /** Absent: nftables where the host has it, else iptables. */
    readonly ipMasqBackend: MasqueradeBackend | undefined;
    readonly hairpinMode: boolean;
    /** Set the bridge promiscuous; false leaves it as it is. */
    readonly promiscMode: boolean;
    readonly portIsolation: boolean;
    /** Drop frames that do not come from the container's own address. */
    readonly macspoofchk: boolean;
    /** Probe IPv6 addresses for another hostEnd before they are used. */
    readonly enabledad: boolean;
    /** Leave the container's end down. */
    readonly disableContainerInterface: boolean;
    /** Stands in for the DNS settings of IPAM; absent where the configuration sets none. */
    readonly dns: Dns | undefined;
    /** Absent: layer 2 only. */
    readonly ipam: Ipam | undefined;
    /** The result of the ADD that CHECK is about, or of the plugins before this one in a chain; absent for other verbs. */
    readonly prevResult: Result | undefined;
  };

/** Name of the host's own link on a VLAN: one end of a veth pair whose other end is a port of the bridge. */
export function vlanGatewayName(bridge: string, vlan: number): string {
  return `${bridge}.${vlan}`;
}
