import { cidrRule, config, invalid, type Row } from './row.ts';

const gatewayRule = 'must be an IP address, such as "10.20.1.1"';

/** CNI_ARGS that cannot be read, or do not fit the configuration. */
export const argsRows: readonly Row[] = [
  [
    'a pair without "="',
    { args: 'IgnoreUnknown=1;IP' },
    4,
    'CNI_ARGS: invalid pairs ["IP"], must be Key=Value',
  ],
  [
    'an unknown key',
    { args: 'IP=10.20.1.12/24;K8S_POD_NAME=p' },
    4,
    'CNI_ARGS: unknown args ["K8S_POD_NAME=p"] without IgnoreUnknown=true',
  ],
  [
    'an IgnoreUnknown that is no boolean',
    { args: 'IgnoreUnknown=yes' },
    4,
    'CNI_ARGS: IgnoreUnknown=yes, must be true, 1, false or 0',
  ],
  ['IP= without prefix', { args: 'IP=10.20.1.12' }, 4, `CNI_ARGS.IP: "10.20.1.12": ${cidrRule}`],
  [
    'a bad IP= that runtimeConfig.ips would override',
    { ...config({ runtimeConfig: { ips: ['10.20.1.12/24'] } }), args: 'IP=x' },
    4,
    `CNI_ARGS.IP: "x": ${cidrRule}`,
  ],
  [
    'GATEWAY= that is no address',
    { args: 'GATEWAY=router' },
    4,
    `CNI_ARGS.GATEWAY: "router": ${gatewayRule}`,
  ],
  [
    'GATEWAY= in the subnet of no address',
    { args: 'GATEWAY=10.20.2.1' },
    7,
    invalid('CNI_ARGS.GATEWAY: "10.20.2.1": is in the subnet of no address'),
  ],
];
