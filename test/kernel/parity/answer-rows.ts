import {
  addresses,
  answer,
  dns,
  dual,
  four,
  GATEWAY,
  gateways,
  KEPT,
  NO_DAD,
  OF_DELEGATES,
  PLAIN,
  type Row,
  six,
  V4,
  V6,
  without,
} from './row.ts';

/** Configurations whose keys change the answer, in every version. */
export const answerRows: readonly Row[] = [
  answer('static, IPv4', { ipam: four }, PLAIN),
  answer('static, IPv6', { ipam: six }, [...PLAIN, KEPT]),
  answer('static, dual stack', { ipam: dual }, [...PLAIN, KEPT]),
  answer(
    'static, several subnets',
    { ipam: { type: 'static', addresses: addresses(V4, '10.2.0.5/16', V6, 'fd00:2::5/48') } },
    [...PLAIN, KEPT, 'several subnets below 0.3.0'],
  ),
  answer(
    'ipam.routes',
    {
      ipam: {
        type: 'static',
        addresses: gateways,
        routes: [
          { dst: '0.0.0.0/0' },
          { dst: '10.8.0.0/16', gw: '10.1.0.7' },
          { dst: 'fd08::/32', gw: 'fd00:1::7' },
        ],
      },
    },
    [...PLAIN, KEPT, 'gw in default route'],
  ),
  answer('ipam.dns', { ipam: { ...four, dns } }, [...without(PLAIN, 'no empty dns'), 'IPAM dns']),
  answer(
    'dns',
    { dns: { nameservers: ['10.1.0.54'] }, ipam: { ...four, dns } },
    without(PLAIN, 'no empty dns'),
  ),
  answer('layer 2', {}, [...PLAIN, 'layer 2 below 0.3.0', 'CHECK of layer 2']),
  answer(
    'host-local, isDefaultGateway, ipMasq',
    {
      isDefaultGateway: true,
      ipMasq: true,
      ipMasqBackend: 'iptables',
      ipam: { type: 'host-local', dataDir: '$DATA', subnet: '10.1.0.0/24' },
    },
    [...GATEWAY, 'rules without comment'],
    { ping: ['10.1.0.1'], versions: OF_DELEGATES },
  ),
  answer(
    'isDefaultGateway',
    { isDefaultGateway: true, isGateway: false, ipam: dual },
    [...GATEWAY, KEPT, NO_DAD],
    {
      ping: ['10.1.0.1', 'fd00:1::1'],
    },
  ),
  answer('mtu', { mtu: 1400, ipam: four }, [...without(PLAIN, 'mtu in result'), 'chosen mtu in result']),
];
