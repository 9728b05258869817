import { CniError, errorCode } from '../../cni/error.ts';
import { NetlinkError } from '../../netlink/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { getLink, getLinkByIndex, setLinkUp, setMaster } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import type { Bridge } from '../bridge/bridge.ts';
import { revertUnlessInUse } from '../bridge/revert.ts';
import type { NetConf, UplinkConf } from '../config/netconf.ts';
import type { Rollback } from '../failure/rollback.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { portVlans, type VidRange } from '../vlan/port-vlans.ts';
import { vidRanges, vidSet } from '../vlan/vid-range.ts';
import { uplinkProblem, vlanDeviceProblems } from './eligibility.ts';
import { openVids } from './vids.ts';

/**
 * Finds the uplink of the configuration and checks it before the first change. For a link in a bond or team returns the bond or team.
 * @throws CniError 105 with the problem and the remedy
 */
export function requireUplink(host: NetlinkSocket, uplink: UplinkConf, conf: NetConf): Link {
  const named = host.find(getLink(uplink.link));
  if (named === undefined) throw unusable(uplink.link, 'does not exist');
  const link = aggregateOf(host, named);
  const bridge = host.find(getLink(conf.bridge));
  const problem = uplinkProblem(host, link, bridge?.ifindex);
  if (problem !== undefined) throw unusable(link.name, problem);
  if (conf.mtu !== undefined && conf.mtu > link.mtu) {
    throw unusable(
      link.name,
      `has MTU ${link.mtu}, less than the ${conf.mtu} of the configuration; raise it, or lower "mtu"`,
    );
  }
  const [taken] = vlanDeviceProblems(
    host,
    link,
    uplinkVids(uplink, conf, bridge?.bridgeSettings?.defaultPvid ?? 0),
  );
  if (taken !== undefined) throw new CniError(errorCode.uplinkUnusable, taken);
  return link;
}

/**
 * Makes the uplink a port of the bridge, as `ip link set UPLINK master BRIDGE` does, sets it up and opens the VIDs. The caller holds the
 * bridge's exclusive lock, and creates the port that needs the VIDs afterwards.
 * @throws CniError 105 when the kernel or the NIC refuses
 */
export function ensureUplink(
  host: NetlinkSocket,
  { bridge, ifindex }: { bridge: Bridge; ifindex: number },
  {
    conf,
    settings,
    run,
    rollback,
  }: { conf: NetConf; settings: UplinkConf; run: RunDirectory; rollback: Rollback },
): void {
  // Read the link again: another ADD may have changed it before this ADD took the lock.
  const uplink = host.execute(getLinkByIndex(ifindex));
  if (uplink.master !== bridge.ifindex) join(host, { bridge, uplink }, { run, rollback });
  if (!uplink.up) {
    rollback.add(`set uplink "${uplink.name}" down again`, () =>
      revertUnlessInUse(host, {
        run,
        bridge,
        known: [uplink.ifindex],
        revert: () => host.execute(setLinkUp(uplink, false)),
      }),
    );
    host.execute(setLinkUp(uplink, true));
  }
  const expected = uplinkVids(settings, conf, bridge.bridgeSettings.defaultPvid);
  openVids(host, { bridge, uplink }, { expected, attached: settings.vids === 'attached', run, rollback });
}

/** Lists the VIDs that the uplink needs for this configuration. */
export function uplinkVids({ vids }: UplinkConf, conf: NetConf, defaultPvid: number): readonly VidRange[] {
  return vids === 'attached' ? vidRanges(vidSet(portVlans(conf, defaultPvid))) : vids;
}

/** Returns the bond or team of a link, else the link itself. A link in a bond or team cannot become a port; its master can. */
export function aggregateOf(host: NetlinkSocket, link: Link): Link {
  const master = link.master === undefined ? undefined : host.find(getLinkByIndex(link.master));
  return master !== undefined && (master.kind === 'bond' || master.kind === 'team') ? master : link;
}

function join(
  host: NetlinkSocket,
  { bridge, uplink }: { bridge: Bridge; uplink: Link },
  { run, rollback }: { run: RunDirectory; rollback: Rollback },
): void {
  const problem = uplink.master === undefined ? undefined : uplinkProblem(host, uplink, bridge.ifindex);
  if (problem !== undefined) throw unusable(uplink.name, problem);
  rollback.add(`take uplink "${uplink.name}" out of bridge "${bridge.name}"`, () =>
    revertUnlessInUse(host, {
      run,
      bridge,
      known: [uplink.ifindex],
      revert: () => host.execute(setMaster(uplink, undefined)),
    }),
  );
  try {
    host.execute(setMaster(uplink, bridge));
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    const words = [error.code, error.extendedAck].filter(Boolean).join(': ');
    const remedy =
      'the kernel refuses a wireless link, a tunnel and the lower link of a macvlan; use another NIC';
    throw unusable(uplink.name, `cannot be a port of bridge "${bridge.name}" (${words}): ${remedy}`, error);
  }
}

function unusable(name: string, problem: string, cause?: NetlinkError): CniError {
  return new CniError(errorCode.uplinkUnusable, `uplink "${name}" ${problem}`, { cause });
}
