// Evaluated while the snapshot of the native executable is made: reads a typical configuration of each kind, so that the schemas, which
// are made when they are first needed, are in the snapshot. Nothing of it may depend on the machine.
import { parseResult } from '../../src/cni/foreign-result.ts';
import { findVersion, readInput } from '../../src/cni/input.ts';
import { makeRequest, readVariables } from '../../src/cni/request.ts';
import { formatResult } from '../../src/cni/result.ts';
import { readNetConf } from '../../src/plugin/config/read.ts';

const IP = { address: '10.20.0.2/24', gateway: '10.20.0.1' };
const ROUTES = [{ dst: '0.0.0.0/0', gw: '10.20.0.1' }];
const DNS = { nameservers: ['10.20.0.1'] };

const PREV_RESULT = {
  cniVersion: '1.0.0',
  interfaces: [{ name: 'eth0', mac: '02:00:00:00:00:01', sandbox: '/run/netns/pod' }],
  ips: [{ ...IP, interface: 0 }],
  routes: ROUTES,
  dns: DNS,
};

const CONF = {
  cniVersion: '1.0.0',
  name: 'network',
  type: 'vlan-bridge',
  bridge: 'bridge0',
  vlan: 100,
  mtu: 1500,
  isGateway: true,
  isDefaultGateway: false,
  dns: DNS,
};

for (const [command, more] of [
  ['ADD', { ipam: { type: 'static', addresses: [IP], routes: ROUTES, dns: DNS } }],
  ['CHECK', { ipam: { type: 'host-local' }, prevResult: PREV_RESULT }],
  ['DEL', { vlanTrunk: [{ minID: 10, maxID: 20 }], prevResult: PREV_RESULT }],
] as const) {
  const input = readInput(() => Buffer.from(JSON.stringify({ ...CONF, ...more })));
  const variables = readVariables({
    CNI_COMMAND: command,
    CNI_CONTAINERID: 'pod',
    CNI_IFNAME: 'eth0',
    CNI_NETNS: '/run/netns/pod',
    CNI_PATH: '/opt/cni/bin',
  });
  findVersion(input);
  readNetConf(makeRequest(variables, input));
}
formatResult(parseResult(PREV_RESULT, '1.0.0'), '1.0.0');
