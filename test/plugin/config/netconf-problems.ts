export const linkNameRule =
  'must be a link name: 1 to 15 bytes, not "." or "..", without "/", ":", "%", white space and control characters';
export const vlanRule = 'must be a whole number from 0 to 4094';
export const mtuRule = "must be 0 (the kernel's default) or a whole number from 68 to 65535";
export const macRule = 'must be a unicast link-layer address of 6 octets, such as "02:00:00:00:00:01"';
const backendRule = 'must be "nftables", "iptables" or empty';
export const filteringRule = 'must be "require" or "enable"';

/** The problems of the configurations of test/fixtures/netconf/invalid. */
export const invalidFiles = {
  'addresses-on-a-link-that-is-down.json': [
    'mtu: 1000: must be at least 1280 for IPv6',
    'disableContainerInterface: true: cannot go with ipam: a link that is down has no addresses',
  ],
  'every-problem-at-once.json': [
    `bridge: "a-bridge-of-16-b": ${linkNameRule}`,
    `vlan: 4095: ${vlanRule}`,
    'preserveDefaultVlan: "yes": must be true or false',
    `vlanFiltering: "auto": ${filteringRule}`,
    `mtu: 67: ${mtuRule}`,
    `mac: "01:00:5e:00:00:01": ${macRule}`,
    'isGateway: "yes": must be true or false',
    'isDefaultGateway: 1: must be true or false',
    'forceAddress: []: must be true or false',
    'ipMasq: "true": must be true or false',
    `ipMasqBackend: "nft": ${backendRule}`,
    'hairpinMode: 1: must be true or false',
    'promiscMode: "on": must be true or false',
    'portIsolation: {}: must be true or false',
    'macspoofchk: 0: must be true or false',
    'enabledad: "no": must be true or false',
    'disableContainerInterface: 0: must be true or false',
    'dns.nameservers: "10.20.1.1": must be a list',
    `args.cni.mac: "junk": ${macRule}`,
    `runtimeConfig.mac: "02:00:00:00:00:00:00:01": ${macRule}`,
    'vlanTrunk[0]: {"minID":20,"maxID":10}: minID must not be greater than maxID',
    'uplink.vids[1]: 4095: must be a VLAN from 1 to 4094, or a range such as "200-210"',
    'ipam.addresses[0].address: "10.20.1.0/24": is the address of its network, not of a host',
    'ipam.addresses[0].gateway: "10.20.2.1": is outside of the subnet of "10.20.1.0/24"',
    'ipam.addresses[1].gateway: "fd00::1": is of another family than its address "10.20.1.11/24"',
    'ipam.routes[0].dst: "10.20.1.7/24": has host bits; the network is "10.20.1.0/24"',
  ],
  'keys-that-cannot-go-together.json': [
    'hairpinMode: true: cannot go with promiscMode: frames would come back to their sender twice',
    'bridge: "bridge-of-12": is too long a name: the gateway link of VLAN 100 would be "bridge-of-12.100", and 15 bytes are the limit',
    'uplink.vids: "200-210": must hold VLAN 100 of this network too',
  ],
  'wrong-types-everywhere.json': [
    `bridge: 7: ${linkNameRule}`,
    `vlan: "100": ${vlanRule}`,
    'preserveDefaultVlan: 1: must be true or false',
    `vlanFiltering: true: ${filteringRule}`,
    `mtu: "1500": ${mtuRule}`,
    `mac: 1: ${macRule}`,
    'disableContainerInterface: "false": must be true or false',
    'dns: []: must be an object',
    'args: []: must be an object',
    'runtimeConfig: "ips": must be an object',
    'vlanTrunk: {}: must be a list',
    'uplink: 7: must be a link name, or an object such as {"link": "trunk0", "vids": "attached"}',
    'ipam.addresses: {}: must be a list',
    'ipam.routes: "default": must be a list',
    'ipam.dns: 1: must be an object',
  ],
} as const;
