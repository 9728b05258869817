import { parseJson } from '../../src/cni/json.ts';
import type { Request } from '../../src/cni/request.ts';

/** The request of an ADD with this configuration, as an object or as literal JSON. */
export function requestOf(config: object | string, more: Partial<Request> = {}): Request {
  const stdin = typeof config === 'string' ? config : JSON.stringify(config);
  return {
    verb: 'ADD',
    network: 'vlan-100',
    containerId: 'pod',
    ifname: 'net1',
    netns: '/run/netns/blue',
    args: '',
    path: [],
    allowSameNetns: false,
    environment: {},
    cniVersion: '1.0.0',
    config: parseJson(stdin, 'network configuration'),
    stdin,
    ...more,
  };
}
