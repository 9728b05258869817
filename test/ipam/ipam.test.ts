import { describe, expect, test } from 'vitest';
import { ipamType } from '../../src/ipam/ipam.ts';

describe('ipamType', () => {
  test.each([
    ['the type', { ipam: { type: 'static' } }, 'static'],
    ['the type under keys of any case', { IPAM: { Type: 'host-local' } }, 'host-local'],
    ['nothing where there is no ipam', {}, ''],
    ['nothing where ipam is null', { ipam: null }, ''],
    ['nothing where ipam has no type', { ipam: { addresses: [] } }, ''],
    ['nothing where the type is null', { ipam: { type: null } }, ''],
    ['nothing where ipam is no object', { ipam: ['static'] }, ''],
    ['nothing where the type is no text', { ipam: { type: 1 } }, ''],
  ])('is %s', (_what, config, type) => {
    expect(ipamType(config)).toBe(type);
  });
});
