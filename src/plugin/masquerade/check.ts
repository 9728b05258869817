import type { NetConf } from '../config/netconf.ts';
import type { NamedHostEnd } from '../state/attachment.ts';
import { readMasqueradeRecord } from '../state/masquerade-record.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { hostTools } from './host-tools.ts';
import { chooseBackend, hasMasquerade } from './masquerade.ts';

/** Checks that the attachment has masquerade rules if the configuration asks for them. Returns one sentence when they are missing. */
export function checkMasquerade(
  run: RunDirectory,
  hostEnd: NamedHostEnd,
  { conf, searchPath }: { readonly conf: NetConf; readonly searchPath: string },
): readonly string[] {
  if (!conf.ipMasq || conf.ipam === undefined) return [];
  // Read the record first: a program that was installed after ADD would change the choice.
  const backend =
    readMasqueradeRecord(run, hostEnd)?.backend ?? chooseBackend(conf.ipMasqBackend, searchPath);
  return hasMasquerade(backend, hostEnd, hostTools(searchPath))
    ? []
    : [`there are no masquerade rules in ${backend}`];
}
