import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelState } from '../helpers/kernel-state.ts';
import { ip } from '../helpers/netns.ts';
import { call, createPod, NO_ATTACHMENT, networkConf, type Pod } from '../helpers/pod.ts';
import { folderWithProgram } from '../helpers/programs.ts';
import type { PluginOutput } from '../helpers/run-plugin.ts';
import { createNode, keptFiles } from '../helpers/trunk.ts';

/** A pod, a bridge for it, and an IPAM plugin that writes down what it is told. */
export type Testbed = {
  readonly pod: Pod;
  /** Calls the plugin about the pod; GC without a list of attachments. */
  readonly call: (verb: string, more?: Call) => Promise<PluginOutput>;
  /** Whether the IPAM plugin has given addresses that it has not got back. */
  readonly holdsAddresses: () => boolean;
  /** Everything that a call can leave: both namespaces, and the plugin's files but for its locks. */
  readonly snapshot: () => Promise<object>;
};

type Call = {
  /** Added to the configuration. */
  readonly keys?: object;
  readonly ifname?: string;
  /** See `PluginCall`. */
  readonly by?: readonly string[];
};

const GIVEN = {
  cniVersion: '1.1.0',
  ips: [{ address: '10.20.1.11/24', gateway: '10.20.1.1' }, { address: 'fd00:20::11/64' }],
  routes: [{ dst: '10.99.0.0/16' }],
};

const RECORDING_IPAM = `
echo "$CNI_COMMAND" >> "$NOTES"
[ "$CNI_COMMAND" = ADD ] && echo '${JSON.stringify(GIVEN)}'
exit 0`;

/**
 * Sets the testbed for the current test.
 * @param bridge false: the first ADD makes it
 * @param recordingIpam false: the addresses are static, and no other program is run
 */
export async function createTestbed({ bridge = true, recordingIpam = true } = {}): Promise<Testbed> {
  const node = await createNode();
  // An address of its own: otherwise the bridge would have that of its smallest port.
  if (bridge) await ip(node, 'link add plain0 address 02:00:00:00:00:99 up type bridge');
  const pod = await createPod(node);
  const path = folderWithProgram('recording-ipam', RECORDING_IPAM);
  const notes = join(path, 'notes');
  const ipam = recordingIpam
    ? { type: 'recording-ipam' }
    : { type: 'static', addresses: GIVEN.ips, routes: GIVEN.routes };
  const conf = networkConf({ cniVersion: '1.1.0', bridge: 'plain0', ipam });
  return {
    pod,
    call: (verb, { keys = {}, ...more } = {}) => {
      const env = { NOTES: notes, ...(verb === 'GC' ? NO_ATTACHMENT : {}) };
      return call(verb, pod, { ...conf, ...keys }, { path, env, ...more });
    },
    holdsAddresses: () => {
      const verbs = existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : [];
      return verbs.findLast((verb) => verb === 'ADD' || verb === 'DEL') === 'ADD';
    },
    snapshot: async () => {
      const [onNode, inPod] = await Promise.all([kernelState(node), kernelState(pod.netns)]);
      return { node: onNode, pod: inPod, files: keptFiles(node) };
    },
  };
}

/** Where two testbeds differ, a line for each path: `node.links.2.mtu: 1500, then 1400`. */
export function differences(before: unknown, after: unknown, path = ''): readonly string[] {
  if (!isObject(before) || !isObject(after)) {
    return Object.is(before, after) ? [] : [`${path}: ${shown(before)}, then ${shown(after)}`];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    differences(before[key], after[key], path === '' ? key : `${path}.${key}`),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
