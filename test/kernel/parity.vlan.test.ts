import { requireVlanFiltering } from '../helpers/require-kernel.ts';
import { testParity } from './parity/test-parity.ts';
import { vlanRows } from './parity/vlan-rows.ts';

requireVlanFiltering();
testParity(vlanRows, 'parity-vlan.md');
