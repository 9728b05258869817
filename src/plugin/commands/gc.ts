import { runDelegate } from '../../cni/delegate.ts';
import { CniError, errorCode } from '../../cni/error.ts';
import { fields, list, read, text } from '../../cni/json.ts';
import type { Request } from '../../cni/request.ts';
import { ipamType } from '../../ipam/ipam.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../../netlink/socket.ts';
import { deleteLink, listLinks } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { LockTimeout } from '../../sys/lock.ts';
import { Cleanup } from '../failure/attempt-all.ts';
import { isOnNetwork, type Owner, ownerOf } from '../state/attachment.ts';
import { listMasqueradeRecords } from '../state/masquerade-record.ts';
import { closeUnusedVids } from '../uplink/vids.ts';
import { detachBetweenAdds, sweepAbandoned } from './recover.ts';

/**
 * Removes what attachments of this network that are no longer valid have left: ports and masquerade rules; then lets the IPAM
 * plugin do the same. Without a list of valid attachments nothing is known to be invalid, and nothing is removed.
 * @throws CniError with everything that could not be removed
 */
export function gc(request: Request): undefined {
  const cleanup = new Cleanup();
  const valid = validHostNames(request);
  cleanup.run('remove what is not valid', () => removeInvalid(request, valid, cleanup));
  const type = ipamType(request.config);
  if (type !== '' && type !== 'static')
    cleanup.run(`IPAM plugin "${type}"`, () => runNewVerb(type, request, 'GC'));
  cleanup.finish();
}

/** @param cleanup keeps the errors of the steps that others may follow */
function removeInvalid(request: Request, valid: ReadonlySet<string> | undefined, cleanup: Cleanup): void {
  const host = openNetlinkSocket(NETLINK_ROUTE);
  cleanup.run('remove what killed processes left', () => {
    const failures = sweepAbandoned(host, request);
    if (failures.length > 0) throw new CniError(errorCode.kernelRefused, failures.join('; '));
  });
  if (valid !== undefined) {
    const isStale = ({ name, alias }: Link): boolean =>
      isOnNetwork(alias ?? '', request.network) && !valid.has(name);
    // What is missing from the list of a node on which links come and go all the time is removed by the next call.
    const links = host.request({ ...listLinks('veth'), acceptsGaps: true });
    for (const link of links.filter(isStale)) {
      cleanup.run(`delete link "${link.name}"`, () => host.find(deleteLink(link)));
    }
    cleanup.run('remove masquerade rules', () => {
      for (const record of listMasqueradeRecords(request.network)) {
        const owner = ownerOf(record);
        if (valid.has(owner.hostName)) continue;
        cleanup.run(`remove masquerade rules of "${owner.hostName}"`, () =>
          detachUnlessAdding(host, owner, request),
        );
      }
    });
  }
  cleanup.run('close unused VLANs on uplinks', () => closeUnusedVids(host));
}

/** Nobody can have told the runtime yet of an attachment that is being made. */
function detachUnlessAdding(host: NetlinkSocket, owner: Owner, request: Request): void {
  try {
    detachBetweenAdds(host, owner, { request, timeoutMs: 0 });
  } catch (error) {
    if (!(error instanceof LockTimeout)) throw error;
  }
}

/**
 * Runs a verb of version 1.1.0, which older plugins refuse as an unknown command (4) or because of the version (1): they have
 * nothing to do for it then.
 */
export function runNewVerb(type: string, request: Request, verb: 'GC' | 'STATUS'): void {
  try {
    runDelegate(type, request, verb);
  } catch (error) {
    const old: readonly number[] = [errorCode.incompatibleVersion, errorCode.invalidEnvironment];
    if (!(error instanceof CniError && old.includes(error.code))) throw error;
  }
}

/** The host links that must stay; `undefined` when the request does not say which attachments are valid. */
function validHostNames({ config, network }: Request): ReadonlySet<string> | undefined {
  const key = 'cni.dev/valid-attachments';
  const attachment = fields({}, { containerID: text, ifname: text });
  const { data, problems } = read(fields({ [key]: () => list(attachment) }), config);
  if (data === undefined) throw new CniError(errorCode.invalidConfig, problems.join('; '));
  return (
    data[key] &&
    new Set(
      data[key].map(
        ({ containerID, ifname }) => ownerOf({ network, containerId: containerID, ifname }).hostName,
      ),
    )
  );
}
