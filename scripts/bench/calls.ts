import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Case } from './cases.ts';
import type { Process } from './launcher.ts';
import { BRIDGE, netnsPath, type Place } from './place.ts';
import type { Contender, Verb } from './run.ts';

/** A contender in a case, with its network namespaces. */
export type Subject = { readonly contender: Contender; readonly case: Case; readonly place: Place };

/**
 * The processes that execute one verb for all pods of the subject.
 * @param results the results of ADD, in the pods' order, for CHECK
 * @returns no process if iproute2 has no equivalent of the verb, such as CHECK
 */
export function processes(subject: Subject, verb: Verb, results: readonly string[]): readonly Process[] {
  const { contender, place } = subject;
  const one = contender.kind === 'floor' ? floorCall : pluginCall;
  return place.pods.flatMap((_pod, index) => one(subject, verb, { index, result: results[index] }));
}

/** The address of the pod with this index, counted from 0. */
export function podAddress(index: number): string {
  return `10.99.0.${index + 1}/16`;
}

type Pod = { readonly index: number; readonly result: string | undefined };

function pluginCall({ contender, case: { keys }, place }: Subject, verb: Verb, pod: Pod): readonly Process[] {
  const config = {
    cniVersion: verb === 'STATUS' ? '1.1.0' : '1.0.0',
    name: 'bench',
    type: contender.kind === 'ours' ? 'vlan-bridge' : 'bridge',
    bridge: BRIDGE,
    ...keys,
    ipam: { type: 'static', addresses: [{ address: podAddress(pod.index) }] },
    ...(verb === 'CHECK' && pod.result !== undefined && { prevResult: JSON.parse(pod.result) }),
  };
  const env = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: `${contender.name}-${pod.index + 1}`,
    CNI_NETNS: netnsPath(place.pods[pod.index] ?? ''),
    CNI_IFNAME: 'net1',
    CNI_PATH: dirname(contender.path),
    PATH: '/usr/sbin:/usr/bin',
  };
  return [{ path: contender.path, env, input: JSON.stringify(config) }];
}

/**
 * The kernel work of an attachment by as few processes of iproute2 as possible: the veth pair with its port on the bridge, the
 * port's VLANs, the pod's link up with its address.
 */
function floorCall(
  { contender, case: { name, vlans }, place }: Subject,
  verb: Verb,
  { index }: Pod,
): readonly Process[] {
  const port = `f${createHash('sha256').update(`${name}-${index}`).digest('hex').slice(0, 10)}`;
  const pod = place.pods[index] ?? '';
  const batch = (
    program: string,
    netns: readonly string[],
    lines: readonly string[],
    after = true,
  ): Process => ({
    path: join(dirname(contender.path), program),
    args: [...netns, '-batch', '-'],
    input: `${lines.join('\n')}\n`,
    after,
  });
  if (verb === 'DEL') return [batch('ip', [], [`link del ${port}`], false)];
  if (verb !== 'ADD') return [];
  const [first, last] = vlans ?? [];
  const range = first === last ? `${first} pvid untagged` : `${first}-${last}`;
  return [
    batch('ip', [], [`link add ${port} up master ${BRIDGE} type veth peer name net1 netns ${pod}`], false),
    ...(vlans === undefined ? [] : [batch('bridge', [], [`vlan add dev ${port} vid ${range}`])]),
    batch('ip', ['-n', pod], ['link set net1 up', `address add ${podAddress(index)} dev net1`]),
  ];
}
