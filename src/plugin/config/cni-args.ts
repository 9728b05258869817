import { parseCniArgs } from '../../cni/args.ts';
import { CniError, errorCode } from '../../cni/error.ts';
import { problemLine } from '../../cni/json.ts';
import { type Cidr, type Ip, parseCidr, parseIp } from '../../inet/cidr.ts';
import { isUnicastMac, parseMac } from '../../inet/mac.ts';

/** CNI_ARGS, read and checked. */
export type CniArgs = {
  readonly ips: readonly Cidr[];
  readonly gateways: readonly Ip[];
  readonly mac: Buffer | undefined;
};

/** What a link-layer address of a container must look like, for messages. */
export const macRule = 'must be a unicast link-layer address of 6 octets, such as "02:00:00:00:00:01"';

/** A link-layer address that a container can have; `undefined` for any other text. */
export function readMac(text: string): Buffer | undefined {
  const mac = parseMac(text);
  return mac !== undefined && isUnicastMac(mac) ? mac : undefined;
}

/**
 * Reads CNI_ARGS.
 * @param addresses whether IPAM is static. Only static IPAM reads `IP` and `GATEWAY`: a delegate gets them as they came and
 * has rules of its own for them, so that they are neither checked nor returned here.
 * @throws CniError 4 with everything that is wrong in it
 */
export function readCniArgs(text: string, { addresses }: { readonly addresses: boolean }): CniArgs {
  const parsed = parseCniArgs(text);
  const { mac } = parsed;
  const { ip, gateway } = addresses ? parsed : { ip: [], gateway: [] };
  const macs = mac === undefined ? [] : [mac];
  const problems = [
    ...refused('IP', ip, parseCidr, 'must be an address with its prefix length, such as "10.20.1.11/24"'),
    ...refused('GATEWAY', gateway, parseIp, 'must be an IP address, such as "10.20.1.1"'),
    ...refused('MAC', macs, readMac, macRule),
  ];
  if (problems.length > 0) throw new CniError(errorCode.invalidEnvironment, problems.join('; '));
  return {
    ips: ip.flatMap((value) => parseCidr(value) ?? []),
    gateways: gateway.flatMap((value) => parseIp(value) ?? []),
    mac: mac === undefined ? undefined : readMac(mac),
  };
}

function refused(
  key: string,
  values: readonly string[],
  parse: (value: string) => unknown,
  allowed: string,
): readonly string[] {
  const wrong = values.filter((value) => parse(value) === undefined);
  return wrong.map((value) => problemLine(['CNI_ARGS', key], value, allowed));
}
