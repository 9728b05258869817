import { putU8 } from 'netlink/dist/structs.js';
import { attribute, type NetlinkMessage } from '../netlink/message.ts';
import { change, linkMessage } from './message.ts';
import * as uapi from './uapi.ts';

/** Flags of a bridge port (`bridge -d link show`). */
export type PortFlags = {
  /** The bridge may send a frame back out of the port that received it. */
  readonly hairpin: boolean;
  /** The bridge forwards no frame between two isolated ports. */
  readonly isolated: boolean;
  /** The bridge learns source addresses from the port's frames. */
  readonly learning: boolean;
  /** The bridge drops frames from source addresses without a forwarding entry on the port. Linux 5.18 or newer. */
  readonly locked: boolean;
};

/** The kernel's flags of a port that has just joined a bridge. */
export const freshPortFlags: PortFlags = { hairpin: false, isolated: false, learning: true, locked: false };

/**
 * Sets all four flags. `bridge link set dev PORT hairpin on|off learning on|off isolated on|off locked on|off`. A kernel silently
 * ignores a flag that it does not support: read the port back.
 */
export function setPortFlags(
  port: { readonly name: string; readonly ifindex: number },
  { hairpin, isolated, learning, locked }: PortFlags,
): NetlinkMessage<void> {
  const flag = (type: number, on: boolean): Buffer => attribute(type, putU8(on ? 1 : 0));
  const flags = [
    flag(uapi.IFLA_BRPORT_MODE, hairpin),
    flag(uapi.IFLA_BRPORT_LEARNING, learning),
    flag(uapi.IFLA_BRPORT_ISOLATED, isolated),
    flag(uapi.IFLA_BRPORT_LOCKED, locked),
  ];
  return change(`set flags of port "${port.name}"`, uapi.RTM_SETLINK, 0, [
    linkMessage(port.ifindex, { family: uapi.AF_BRIDGE }),
    // Without NLA_F_NESTED the kernel reads the attribute as a port state.
    attribute(uapi.IFLA_PROTINFO, Buffer.concat(flags), true),
  ]);
}
