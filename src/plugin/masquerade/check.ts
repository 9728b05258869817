import type { NetConf } from '../config/netconf.ts';
import type { NamedHostEnd } from '../state/attachment.ts';
import { readMasqueradeRecord } from '../state/masquerade-record.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { hostTools } from './host-tools.ts';
import { chooseBackend, hasMasquerade } from './masquerade.ts';

/** Missing masquerade rules of the attachment, one sentence; none where the configuration asks for no rules. */
export function checkMasquerade(
  run: RunDirectory,
  hostEnd: NamedHostEnd,
  { conf, searchPath }: { readonly conf: NetConf; readonly searchPath: string },
): readonly string[] {
  if (!conf.ipMasq || conf.ipam === undefined) return [];
  // The record comes first: programs that were installed since ADD would change the choice.
  const backend =
    readMasqueradeRecord(run, hostEnd)?.backend ?? chooseBackend(conf.ipMasqBackend, searchPath);
  return hasMasquerade(backend, hostEnd, hostTools(searchPath))
    ? []
    : [`there are no masquerade rules in ${backend}`];
}
