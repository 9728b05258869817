import { expect, onTestFinished } from 'vitest';
import { type Cleanup, createNetns, type Netns } from './netns.ts';
import { type PluginCall, type PluginOutput, runPlugin } from './run-plugin.ts';

/** A container on a node: a network namespace and a container ID, which is the namespace's name. */
export type Pod = { readonly node: Netns; readonly netns: Netns; readonly containerId: string };

type Interface = {
  readonly name: string;
  readonly mac: string;
  readonly mtu?: number;
  readonly sandbox?: string;
};

/** The result of ADD from cniVersion 0.3.0 on: bridge, host end, container end. */
export type AddResult = {
  readonly cniVersion: string;
  readonly interfaces: readonly [bridge: Interface, host: Interface, container: Interface];
  readonly ips?: readonly { readonly address: string; readonly gateway?: string }[];
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[];
};

/** An error as the plugin prints it. */
export type Failure = {
  readonly cniVersion: string;
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
};

type More = Partial<Omit<PluginCall, 'verb' | 'config' | 'node'>>;

/** Creates the network namespace of a container; see `createNetns` for its cleanup. */
export async function createPod(node: Netns, cleanup: Cleanup = onTestFinished): Promise<Pod> {
  const netns = await createNetns('pod', cleanup);
  return { node, netns, containerId: netns.name };
}

/** Calls the plugin for this pod; the call may fail. */
export function call(
  verb: string,
  pod: Pod,
  config: object | string,
  more: More = {},
): Promise<PluginOutput> {
  const { node, netns, containerId } = pod;
  return runPlugin({ verb, config, node: node.name, netns: netns.path, containerId, ...more });
}

/** Calls ADD, which must succeed and print nothing on stderr. */
export async function add(pod: Pod, config: object, more: More = {}): Promise<AddResult> {
  const output = await call('ADD', pod, config, more);
  const { stdout } = output;
  expect(output).toEqual({ exitCode: 0, stderr: '', stdout, json: expect.any(Object) });
  return output.json as AddResult;
}

/** Calls DEL, which must succeed and print nothing. */
export async function del(pod: Pod, config: object, more: More = {}): Promise<void> {
  const output = await call('DEL', pod, config, more);
  expect(output).toEqual({ exitCode: 0, stderr: '', stdout: '', json: undefined });
}

/** Calls CHECK with the result of ADD as prevResult; it must succeed and print nothing. */
export async function check(pod: Pod, config: object, prevResult: object, more: More = {}): Promise<void> {
  const output = await call('CHECK', pod, { ...config, prevResult }, more);
  expect(output).toEqual({ exitCode: 0, stderr: '', stdout: '', json: undefined });
}

/** The environment of GC and STATUS, which are about a whole network: no container, network namespace and interface. */
export const NO_ATTACHMENT = { CNI_CONTAINERID: '', CNI_NETNS: '', CNI_IFNAME: '', CNI_ARGS: '' } as const;

/** Calls GC or STATUS as a runtime does; it must succeed and print nothing. */
export async function callOfNetwork(
  verb: 'GC' | 'STATUS',
  node: Netns,
  config: object,
  more: More = {},
): Promise<void> {
  const output = await runPlugin({ verb, config, node: node.name, env: NO_ATTACHMENT, ...more });
  expect(output).toEqual({ exitCode: 0, stdout: '', stderr: '', json: undefined });
}

/** Makes a call that must fail, and returns the error that the plugin printed as CNI requires. */
export async function refusal(
  verb: string,
  pod: Pod,
  config: object | string,
  more: More = {},
): Promise<Failure> {
  const output = await call(verb, pod, config, more);
  const { stdout } = output;
  const json = expect.objectContaining({
    cniVersion: expect.any(String),
    code: expect.any(Number),
    msg: expect.any(String),
  });
  expect(output).toEqual({ exitCode: 1, stderr: '', stdout, json });
  return output.json as Failure;
}

/** A configuration of this plugin: network `blue` on bridge `vlanbr0`. */
export function networkConf(keys: object = {}) {
  return { cniVersion: '1.0.0', name: 'blue', type: 'vlan-bridge', bridge: 'vlanbr0', ...keys };
}

/** The `ipam` key that gives these addresses. */
export function staticIpam(addresses: readonly string[], more: object = {}) {
  return { type: 'static', addresses: addresses.map((address) => ({ address })), ...more };
}
