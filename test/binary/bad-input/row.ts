import type { PluginCall } from '../../helpers/run-plugin.ts';

/** What is wrong, how the plugin is called, and the error it must answer with. */
export type Row = readonly [
  what: string,
  call: Partial<PluginCall>,
  code: number,
  msg: string | RegExp,
  more?: { readonly cniVersion?: string; readonly details?: string | RegExp },
];

export const ipam = { type: 'static', addresses: [{ address: '10.20.1.11/24' }] };
/** A valid network configuration. */
export const base = {
  cniVersion: '1.0.0',
  name: 'vlan-100',
  type: 'vlan-bridge',
  bridge: 'vlanbr0',
  vlan: 100,
  ipam,
};

/** A call with the valid configuration, different in these keys. */
export const config = (different: object): Partial<PluginCall> => ({ config: { ...base, ...different } });

/** Version of the answer when the input names none that is usable. */
export const newest = { cniVersion: '1.1.0' };

/** Error message for one or more problems of the configuration. */
export const invalid = (problem: string) => `invalid network configuration: ${problem}`;

/** Rule of a container ID and of a network name. */
export const idRule = 'must be letters, digits, "_", "." and "-", the first one a letter or digit';
export const cidrRule = 'must be an address with its prefix length, such as "10.20.1.11/24"';
