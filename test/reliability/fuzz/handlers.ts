import type { Handlers } from '../../../src/cni/dispatch.ts';
import type { Request } from '../../../src/cni/request.ts';
import type { Result } from '../../../src/cni/result.ts';
import { addResult, appendResult } from '../../../src/plugin/commands/add-result.ts';
import type { NetConf } from '../../../src/plugin/config/netconf.ts';
import { readNetConf } from '../../../src/plugin/config/read.ts';
import { ipamTypeOf } from '../../../src/plugin/config/schema.ts';
import { withGateways } from '../../../src/plugin/gateway/plan.ts';
import { portVlans } from '../../../src/plugin/vlan/port-vlans.ts';
import { parseLink } from '../../../src/rtnetlink/link-info.ts';
import { bodiesOf, readFixture } from '../../helpers/wire.ts';

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
      if (conf.prevResult !== undefined) conf.ipam?.check(conf.prevResult);
      return undefined;
    },
    DEL: (request) => {
      if (ipamTypeOf(request.config) !== '') accept(request).ipam?.del();
      return undefined;
    },
    STATUS: (request) => {
      accept(request);
      return undefined;
    },
  };
}

function add(request: Request, conf: NetConf): Result {
  const { prevResult: previous } = conf;
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
