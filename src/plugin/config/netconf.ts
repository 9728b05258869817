import type { Dns, Result } from '../../cni/result.ts';
import type { Ipam } from '../../ipam/ipam.ts';
import type { VidRange, VlanConf } from '../vlan/port-vlans.ts';

/** The packet filter of the host that holds the masquerade rules. */
export type MasqueradeBackend = 'nftables' | 'iptables';

/** The keys of the configuration about gateways. */
export type GatewayConf = {
  /** Put the gateway addresses on the bridge, or on the gateway link of the VLAN. */
  readonly isGateway: boolean;
  /** Give the container a default route through the gateway of each address family. */
  readonly isDefaultGateway: boolean;
};

/** The uplink of the configuration: the link that connects the bridge to the physical network. */
export type UplinkConf = {
  readonly link: string;
  /** `attached`: open the VIDs that pods on the bridge use. Ranges: open these VIDs once and keep them open. */
  readonly vids: 'attached' | readonly VidRange[];
};

/** The network configuration. Every value is checked; no later code checks one again. */
export type NetConf = VlanConf &
  GatewayConf & {
    readonly bridge: string;
    /** For an existing bridge that does not filter VLANs although the port needs it: `require` fails, `enable` sets vlan_filtering. */
    readonly vlanFiltering: 'require' | 'enable';
    /** Absent: the administrator connects the bridge to the physical network. */
    readonly uplink: UplinkConf | undefined;
    /**
     * Bytes, for both ends of the veth pair. Absent: the MTU of the uplink; without an uplink the kernel's default of 1500. A bridge
     * that ADD creates gets the MTU of the uplink; without an uplink the kernel gives it the smallest MTU of its ports.
     */
    readonly mtu: number | undefined;
    /** Link-layer address of the container's end. Absent: a random one. */
    readonly mac: Buffer | undefined;
    /** Remove other addresses of the same subnet before a gateway address is added. */
    readonly forceAddress: boolean;
    /** Masquerade the container's traffic to other subnets. */
    readonly ipMasq: boolean;
    /** Absent: nftables if the host has the program "nft", else iptables. */
    readonly ipMasqBackend: MasqueradeBackend | undefined;
    readonly hairpinMode: boolean;
    /** Set the bridge promiscuous; false does not change the bridge. */
    readonly promiscMode: boolean;
    readonly portIsolation: boolean;
    /** Drop frames whose source is not the container's own link-layer address. */
    readonly macspoofchk: boolean;
    /** Run duplicate address detection for IPv6 addresses before the container uses them. */
    readonly enabledad: boolean;
    /** Leave the container's end down. */
    readonly disableContainerInterface: boolean;
    /** Replaces the DNS settings of IPAM; absent if the configuration has none. */
    readonly dns: Dns | undefined;
    /** Absent: layer 2 only. */
    readonly ipam: Ipam | undefined;
    /** For CHECK the result of ADD; for ADD the result of the earlier plugins of the chain. Absent for other verbs. */
    readonly prevResult: Result | undefined;
  };

/** Names the host's own link on a VLAN: one end of a veth pair whose other end is a port of the bridge. */
export function vlanGatewayName(bridge: string, vlan: number): string {
  return `${bridge}.${vlan}`;
}
