import type { PluginCall } from '../../helpers/run-plugin.ts';
import { base, config, invalid, type Row } from './row.ts';

const vlanRule = 'must be a whole number from 0 to 4094';
const vidRule = 'must be a whole number from 1 to 4094';

/** The same with a value as JSON to the letter. */
const literal = (key: string, json: string): Partial<PluginCall> => ({
  config: JSON.stringify({ ...base, [key]: 'LITERAL' }).replace('"LITERAL"', json),
});

/** VLANs that do not exist, and ranges that are incomplete. */
export const vlanRows: readonly Row[] = [
  ...['-1', '4095', '"100"', '1.5', '1e2', 'true'].map(
    (json): Row => [`vlan ${json}`, literal('vlan', json), 7, invalid(`vlan: ${json}: ${vlanRule}`)],
  ),
  ['null in vlanTrunk', config({ vlanTrunk: [null] }), 7, invalid('vlanTrunk[0]: null: must be an object')],
  ['an object as vlanTrunk', config({ vlanTrunk: {} }), 7, invalid('vlanTrunk: {}: must be a list')],
  ['a number as vlanTrunk', config({ vlanTrunk: 100 }), 7, invalid('vlanTrunk: 100: must be a list')],
  ['VID 0 in vlanTrunk', config({ vlanTrunk: [{ id: 0 }] }), 7, invalid(`vlanTrunk[0].id: 0: ${vidRule}`)],
  [
    'VID 4095 in vlanTrunk',
    config({ vlanTrunk: [{ id: 1 }, { minID: 2, maxID: 4095 }] }),
    7,
    invalid(`vlanTrunk[1].maxID: 4095: ${vidRule}`),
  ],
  [
    'a range that runs backwards',
    config({ vlanTrunk: [{ minID: 20, maxID: 10 }] }),
    7,
    invalid('vlanTrunk[0]: {"minID":20,"maxID":10}: minID must not be greater than maxID'),
  ],
  [
    'a range without an end',
    config({ vlanTrunk: [{ minID: 20 }] }),
    7,
    invalid('vlanTrunk[0]: {"minID":20}: maxID is missing; a range has both minID and maxID'),
  ],
  [
    'a range without a start',
    config({ vlanTrunk: [{ maxID: 20 }] }),
    7,
    invalid('vlanTrunk[0]: {"maxID":20}: minID is missing; a range has both minID and maxID'),
  ],
  [
    'several problems at once',
    config({ vlan: 4095, vlanTrunk: [{ minID: 2, maxID: 1 }], mtu: -1 }),
    7,
    invalid(
      `vlan: 4095: ${vlanRule}; mtu: -1: must be 0 (the kernel's default) or a whole number from 68 to 65535; vlanTrunk[0]: {"minID":2,"maxID":1}: minID must not be greater than maxID`,
    ),
  ],
];
