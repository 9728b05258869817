import type { ShownLink } from '../../helpers/links.ts';
import { type Event, RENAMED } from './events.ts';
import { isBridgeDeleted, isRenamed, outcomeOf } from './outcomes.ts';
import type { State } from './state.ts';
import { BRIDGES, podOf, TARGETS, type Target, type Testbed } from './testbed.ts';

/** What is wrong with the state when all calls have ended and what killed ones left has been swept, a line each. */
export function stateProblems(testbed: Testbed, state: State, events: readonly Event[]): readonly string[] {
  const aliases = TARGETS.map((target) => aliasOf(testbed, target));
  const strange = state.links.filter(
    ({ ifname, ifalias = '' }) => !isBridge(ifname) && !aliases.includes(ifalias),
  );
  return [
    ...strange.map(({ ifname, ifalias }) => `link "${ifname}" (${ifalias ?? 'no alias'}) is nobody's`),
    ...bridgeProblems(state, events),
    ...markProblems(state),
    ...TARGETS.flatMap((target) =>
      targetProblems(testbed, state, { target, events }).map(
        (problem) => `pod ${target.pod} on ${target.network.name}: ${problem}`,
      ),
    ),
  ];
}

/** What is left when the runtime has called DEL for everything, a line each. */
export function endProblems(state: State, events: readonly Event[]): readonly string[] {
  const left = state.links.filter(({ ifname }) => !isBridge(ifname)).map(({ ifname }) => ifname);
  const rules = state.rules.match(/.*saddr.*/g) ?? [];
  return [
    ...bridgeProblems(state, events),
    ...[...left, ...state.files, ...rules, ...state.leases].map((what) => `"${what.trim()}" is left`),
    ...state.pods.flatMap((links, pod) => links.map(({ ifname }) => `pod ${pod} still has "${ifname}"`)),
  ];
}

/** How the README has the host end of an attachment labelled. */
export function aliasOf(testbed: Testbed, target: Target): string {
  const { name, ifname } = target.network;
  return `vlan-bridge: ${ifname} of container ${podOf(testbed, target).containerId}, network ${name}`;
}

function isBridge(ifname: string): boolean {
  return BRIDGES.some((bridge) => bridge === ifname);
}

/** A bridge is as it was, unless somebody has deleted it. */
function bridgeProblems({ links }: State, events: readonly Event[]): readonly string[] {
  return BRIDGES.flatMap((bridge) => {
    const link = links.find(({ ifname }) => ifname === bridge);
    // An ADD that is killed may have made it anew, and no more than that.
    if (isBridgeDeleted(bridge, events)) return [];
    if (link === undefined) return [`bridge "${bridge}" is gone`];
    const isWhole = link.linkinfo?.info_kind === 'bridge' && link.flags.includes('UP');
    return isWhole ? [] : [`bridge "${bridge}" is not up`];
  });
}

function markProblems({ files }: State): readonly string[] {
  return files.filter((name) => name.endsWith('.attaching')).map((name) => `mark "${name}" is left`);
}

function targetProblems(
  testbed: Testbed,
  state: State,
  { target, events }: { target: Target; events: readonly Event[] },
): readonly string[] {
  const ports = state.links.filter(({ ifalias }) => ifalias === aliasOf(testbed, target));
  const outcome = outcomeOf(target, events);
  const [port] = ports;
  if (port === undefined) return outcome === 'attached' ? ['is not attached'] : [];
  if (ports.length > 1) return ['has several ports'];
  if (outcome === 'detached') return ['is still attached'];
  return [
    ...portProblems(port, target, events),
    ...linkProblems(port, state, { target, events }),
    ...(outcome === 'attached' ? ruleProblems(state, target) : []),
  ];
}

function portProblems(port: ShownLink, target: Target, events: readonly Event[]): readonly string[] {
  const { bridge } = target.network;
  const loose = port.master === undefined && isBridgeDeleted(bridge, events);
  return [
    ...(port.master === bridge || loose ? [] : [`its port is in bridge "${port.master}"`]),
    ...(port.flags.includes('UP') ? [] : ['its port is down']),
  ];
}

/** The pod's end, with all its addresses. */
function linkProblems(
  port: ShownLink,
  { pods }: State,
  { target, events }: { target: Target; events: readonly Event[] },
): readonly string[] {
  const link = pods[target.pod]?.find(({ ifindex }) => ifindex === port.link_index);
  if (link === undefined) return ['its port has no other end in the pod'];
  const { ifname, addresses } = target.network;
  const names = isRenamed(target, events) ? [ifname, RENAMED] : [ifname];
  const own = link.addr_info.filter(({ scope }) => scope === 'global');
  const shown = own.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const wanted = addresses(target.pod);
  const isAddressed = wanted.length === 0 ? shown.length === 1 : `${shown}` === `${wanted}`;
  return [
    ...(names.includes(link.ifname) ? [] : [`its link is called "${link.ifname}"`]),
    ...(isAddressed ? [] : [`its link has the addresses ${shown}`]),
  ];
}

/** Each address of a masquerading network has its rule. */
function ruleProblems({ rules }: State, { network, pod }: Target): readonly string[] {
  if (!('ipMasq' in network.keys)) return [];
  const ips = network.addresses(pod).map((address) => address.split('/', 1)[0]);
  return ips.filter((ip) => !rules.includes(`saddr ${ip} `)).map((ip) => `"${ip}" is not masqueraded`);
}
