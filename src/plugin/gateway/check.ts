import { ownIps } from '../../cni/prev-result.ts';
import type { IpConfig, Result } from '../../cni/result.ts';
import { type Cidr, formatCidr, parseCidr, parseIp } from '../../inet/cidr.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { listAddresses } from '../../rtnetlink/address.ts';
import { getLink } from '../../rtnetlink/link.ts';
import { readSysctl } from '../../sys/sysctl.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { NetConf } from '../config/netconf.ts';
import { vlanGatewayName } from '../config/netconf.ts';
import { FORWARDING_SETTING } from './ip-forwarding.ts';
import { vlanGatewayProblem } from './vlan-link.ts';

/** Checks layer 3 of the host: gateway link, gateway addresses and IP forwarding. Returns one sentence for each difference. */
export function checkGateway(
  host: NetlinkSocket,
  bridge: Bridge,
  { conf, prevResult, ifname }: { conf: NetConf; prevResult: Result; ifname: string },
): readonly string[] {
  if (!conf.isGateway) return [];
  const expected = ownIps(prevResult, ifname).flatMap(gatewayOf);
  if (expected.length === 0) return [];
  const name = conf.vlan === 0 ? bridge.name : vlanGatewayName(bridge.name, conf.vlan);
  const link = conf.vlan === 0 ? bridge : host.find(getLink(name));
  if (link === undefined) return [`gateway link "${name}" does not exist`];
  const problem = conf.vlan === 0 ? undefined : vlanGatewayProblem(host, bridge, link, conf.vlan);
  const present = host.execute(listAddresses(link)).map(({ cidr }) => formatCidr(cidr));
  const missing = expected.map(formatCidr).filter((address) => !present.includes(address));
  const off = ([4, 6] as const).filter(
    (family) =>
      expected.some(({ ip }) => ip.family === family) && readSysctl(FORWARDING_SETTING[family]) !== '1',
  );
  return [
    ...(problem === undefined ? [] : [`gateway link "${name}" ${problem}`]),
    ...missing.map((address) => `gateway link "${name}" does not have the address "${address}"`),
    ...off.map((family) => `forwarding of IPv${family} is switched off on the host`),
  ];
}

function gatewayOf({ address, gateway }: IpConfig): readonly Cidr[] {
  const cidr = parseCidr(address);
  const ip = gateway === undefined ? undefined : parseIp(gateway);
  return cidr === undefined || ip === undefined ? [] : [{ ip, prefixLength: cidr.prefixLength }];
}
