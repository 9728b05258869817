import type { Handlers } from '../../../src/cni/dispatch.ts';
import type { Request } from '../../../src/cni/request.ts';
import type { Result } from '../../../src/cni/result.ts';
import { ipamType } from '../../../src/ipam/ipam.ts';
import { withGateways } from '../../../src/plugin/gateways.ts';
import { type NetConf, readNetConf } from '../../../src/plugin/netconf.ts';
import { findPrevResult } from '../../../src/plugin/prev-result.ts';
import { addResult, appendResult } from '../../../src/plugin/result.ts';
import { portVlans } from '../../../src/plugin/vlans.ts';
import { parseLink } from '../../../src/rtnetlink/link-info.ts';
import { bodiesOf, readFixture } from '../wire.ts';

/** How many configurations came as far as the handlers, and how many were accepted. */
type Counts = { configurations: number; accepted: number };

/** What the plugin does for each verb with nothing left of it but what works on the call itself. */
export function countingHandlers(counts: Counts): Handlers {
  const accept = (request: Request): NetConf => {
    counts.configurations += 1;
    const conf = readNetConf(request);
    counts.accepted += 1;
    return conf;
  };
  return {
    ADD: (request, answer) => answer(add(request, accept(request))),
    CHECK: (request) => {
      const conf = accept(request);
      const prevResult = findPrevResult(request);
      if (prevResult !== undefined) conf.ipam?.check(prevResult);
      return undefined;
    },
    DEL: (request) => {
      if (ipamType(request.config) !== '') accept(request).ipam?.del();
      return undefined;
    },
    STATUS: (request) => {
      accept(request);
      return undefined;
    },
  };
}

function add(request: Request, conf: NetConf): Result {
  const previous = findPrevResult(request);
  const given = withGateways(conf.ipam?.add() ?? { ips: [], routes: [], dns: {} }, conf);
  portVlans(conf, 1);
  const result = addResult(
    { bridge: LINK, port: LINK, link: LINK, gateway: LINK, sandbox: request.netns },
    given,
    conf.dns,
  );
  return previous === undefined ? result : appendResult(previous, result);
}

const LINK = linkOf('get-link-port');

function linkOf(name: string): ReturnType<typeof parseLink> {
  const [body = Buffer.alloc(0)] = bodiesOf(readFixture(name));
  return parseLink(body);
}
