import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { testParity } from './test-parity.ts';
import { vlanRows } from './vlan-rows.ts';

requireVlanFiltering();
testParity(vlanRows, 'parity-vlan.md');
