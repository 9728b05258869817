import { expect, test } from 'vitest';
import { vlanGatewayName } from '../../../src/plugin/config/netconf.ts';

test('the gateway link of a VLAN is named after bridge and VLAN', () => {
  expect(vlanGatewayName('vlanbr0', 100)).toBe('vlanbr0.100');
});
