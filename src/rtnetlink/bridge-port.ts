import { putU8 } from 'netlink/dist/structs.js';
import { attribute, type NetlinkMessage } from '../netlink/message.ts';
import { change, linkMessage } from './message.ts';
import * as uapi from './uapi.ts';

/** Switches of a bridge port (`bridge -d link show`). */
export type PortFlags = {
  /** A frame may leave by the port that it came in by. */
  readonly hairpin: boolean;
  /** No frame goes to another isolated port. */
  readonly isolated: boolean;
  /** The bridge learns source addresses from the port's frames. */
  readonly learning: boolean;
  /** Frames from source addresses without a forwarding entry on the port are dropped. Linux 5.18. */
  readonly locked: boolean;
};

/** What a port has when it has just joined its bridge. */
export const freshPortFlags: PortFlags = { hairpin: false, isolated: false, learning: true, locked: false };

/**
 * Sets all four. `bridge link set dev PORT hairpin on|off learning on|off isolated on|off locked on|off`. Kernels that do not
 * know one of them ignore it silently: read the port back.
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
    // Without the flag for "nested" the kernel takes the attribute for a port state.
    attribute(uapi.IFLA_PROTINFO, Buffer.concat(flags), true),
  ]);
}
