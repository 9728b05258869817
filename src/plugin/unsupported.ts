import * as z from 'zod/mini';
import { CniError, errorCode } from '../cni/error.ts';
import { fields, problemLine, read } from '../cni/json.ts';
import { ipamType } from '../ipam/ipam.ts';

/**
 * Refuses what the reference plugin can do and this version cannot, so that nothing a configuration asks for is silently left
 * out. A key that asks for nothing (false, null, empty) is fine. Values of a wrong type are left to the reading of the
 * configuration.
 * @throws CniError 2 naming every such key and its value
 */
export function refuseUnsupported(config: unknown): void {
  const asked = [...askedKeys(config), ...askedIpam(config)];
  if (asked.length === 0) return;
  const lines = asked.map(([key, value]) => problemLine([key], value, 'is not supported by this version'));
  throw new CniError(errorCode.unsupportedField, lines.join('; '));
}

const UNSUPPORTED_KEYS = [
  'uplink',
  'isGateway',
  'isDefaultGateway',
  'forceAddress',
  'ipMasq',
  'ipMasqBackend',
  'hairpinMode',
  'promiscMode',
  'portIsolation',
  'macspoofchk',
  'enabledad',
] as const;

function askedKeys(config: unknown): readonly (readonly [string, unknown])[] {
  const shape = Object.fromEntries(UNSUPPORTED_KEYS.map((key) => [key, z.optional(z.unknown())]));
  const { data } = read(fields(shape), config);
  return Object.entries(data ?? {}).filter(
    ([, value]) => value !== undefined && value !== false && value !== '',
  );
}

function askedIpam(config: unknown): readonly (readonly [string, unknown])[] {
  const type = ipamType(config);
  return type === '' || type === 'static' ? [] : [['ipam.type', type]];
}
