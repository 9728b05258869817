import { spawnSync } from 'node:child_process';
import type { Case } from './cases.ts';

/** Network namespaces to measure in: a host, and pods. */
export type Place = {
  /** Name of the namespace that plays the host. */
  readonly host: string;
  /** Names of the pods' namespaces. */
  readonly pods: readonly string[];
};

/** The bridge of all cases. */
export const BRIDGE = 'br0';

/** The path of a named network namespace. */
export function netnsPath(name: string): string {
  return `/run/netns/${name}`;
}

/** Makes the pods' namespaces of a case. They end with the benchmark, whose own /run holds their names. */
export function makePods({ name, pods }: Case): readonly string[] {
  const names = Array.from({ length: pods }, (_, index) => `${name}-pod-${index + 1}`);
  ip(names.map((pod) => `netns add ${pod}`));
  return names;
}

/**
 * Makes a host's namespace.
 * @param bridge makes a bridge in it, with the case's number of ports
 */
export function makeHost({ ports = 0, vlans }: Case, name: string, { bridge }: { bridge: boolean }): void {
  ip([`netns add ${name}`]);
  if (!bridge) return;
  const filtering = vlans === undefined ? '' : ' vlan_filtering 1 vlan_default_pvid 0';
  ip([`link add ${BRIDGE} up type bridge${filtering}`], name);
  if (ports === 0) return;
  const others = `${name}-others`;
  ip([`netns add ${others}`]);
  // Without IPv6 the peers send nothing into the bridge: they get no addresses and send no router solicitations.
  run('ip', ['netns', 'exec', others, 'sysctl', '-qw', 'net.ipv6.conf.default.disable_ipv6=1']);
  const numbers = Array.from({ length: ports }, (_, index) => index + 1);
  ip(
    numbers.map((n) => `link add p${n} up master ${BRIDGE} type veth peer name p${n} netns ${others}`),
    name,
  );
  ip(
    numbers.map((n) => `link set p${n} up`),
    others,
  );
}

/** The first difference between the attached pods and the case; `undefined` if they have their addresses and their ports' VLANs. */
export function attachmentProblem(
  { host, pods }: Place,
  { vlans }: Case,
  addresses: readonly string[],
): string | undefined {
  for (const [index, pod] of pods.entries()) {
    const [link] = ipJson(['-n', pod, '-j', '-4', 'address', 'show', 'dev', 'net1']);
    const shown = link?.addr_info?.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    if (shown?.join() !== addresses[index])
      return `the pod has ${shown?.join() || 'no address'}, not ${addresses[index]}`;
    if (vlans === undefined) continue;
    const port = ipJson(['-n', host, '-j', 'link']).find(
      ({ ifindex }) => ifindex === link?.link_index,
    )?.ifname;
    const ranges = vlanRanges(host, port ?? '');
    const has = (vid: number): boolean => ranges.some(([first, last]) => first <= vid && vid <= last);
    for (let vid = vlans[0]; vid <= vlans[1]; vid += 1)
      if (!has(vid)) return `its port is not on VLAN ${vid}`;
  }
  return undefined;
}

type Shown = {
  readonly ifindex: number;
  readonly ifname: string;
  readonly link_index?: number;
  readonly addr_info?: readonly { readonly local: string; readonly prefixlen: number }[];
};

function ipJson(args: readonly string[]): readonly Shown[] {
  return JSON.parse(run('ip', args) || '[]');
}

function vlanRanges(host: string, port: string): readonly (readonly [number, number])[] {
  type Listed = { readonly vlans: readonly { readonly vlan: number; readonly vlanEnd?: number }[] };
  const shown: readonly Listed[] = JSON.parse(
    run('bridge', ['-n', host, '-j', '-compressvlans', 'vlan', 'show', 'dev', port]) || '[]',
  );
  return shown.flatMap(({ vlans }) => vlans.map(({ vlan, vlanEnd = vlan }) => [vlan, vlanEnd] as const));
}

/** Runs lines of `ip` in one process. @throws Error with its stderr */
function ip(lines: readonly string[], netns?: string): void {
  run('ip', [...(netns === undefined ? [] : ['-n', netns]), '-batch', '-'], `${lines.join('\n')}\n`);
}

function run(command: string, args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}
