import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { linkNames } from '../../helpers/links.ts';
import { executable, runExecutable } from '../../helpers/run-executable.ts';
import {
  type CallSettings,
  createTestbed,
  plainConf,
  refusalIn,
  statesOf,
  succeedIn,
  type Testbed,
} from './testbed.ts';

/** Which capabilities the plugin needs, as root: these, and no others. */

/** One use of the plugin. */
type Use = {
  readonly what: string;
  readonly verb: string;
  readonly config?: object;
  /** Whether the pod is attached before. */
  readonly attached?: boolean;
  /** The capabilities, and what is said when one is missing. */
  readonly needed: Readonly<Record<string, RegExp>>;
  /** The pod's links when it has worked. */
  readonly links: readonly string[];
};

const setMac = /^set address of link "plain0": EPERM \(operation not permitted\)$/;
const createVeth = /^create veth pair "veth\w+" and "net1": EPERM \(operation not permitted\)$/;
const enterNetns = /^setns "\/run\/netns\/pod-\w+": EPERM \(operation not permitted\)$/;
const deleteLink = /^(delete host link "veth\w+": )?delete link "veth\w+": EPERM \(operation not permitted\)/;

const adding = { verb: 'ADD', needed: { net_admin: createVeth, sys_admin: enterNetns }, links: ['net1'] };
const checking = { verb: 'CHECK', needed: { sys_admin: enterNetns }, attached: true, links: ['net1'] };
const deleting = { verb: 'DEL', needed: { net_admin: deleteLink }, attached: true, links: [] };
const idle = { needed: {}, attached: true, links: ['net1'] };

const gateway = plainConf({ isGateway: true });
const nftables = plainConf({ ipMasq: true, ipMasqBackend: 'nftables' });
const iptables = plainConf({ ipMasq: true, ipMasqBackend: 'iptables' });
const nobodyIsValid = plainConf({ 'cni.dev/valid-attachments': [] });

const uses: readonly Use[] = [
  { what: 'ADD', ...adding },
  { what: 'ADD with a gateway', ...adding, config: gateway, needed: { ...adding.needed, net_admin: setMac } },
  { what: 'ADD with masquerading by nftables', ...adding, config: nftables },
  { what: 'ADD with masquerading by iptables', ...adding, config: iptables },
  { what: 'CHECK', ...checking },
  { what: 'CHECK of a gateway', ...checking, config: gateway },
  { what: 'DEL', ...deleting },
  { what: 'DEL with masquerading by nftables', ...deleting, config: nftables },
  { what: 'DEL with masquerading by iptables', ...deleting, config: iptables },
  { what: 'DEL with nothing left to do', verb: 'DEL', needed: {}, links: [] },
  { what: 'GC', ...deleting, verb: 'GC', config: nobodyIsValid },
  { what: 'GC with nothing to do', ...idle, verb: 'GC' },
  { what: 'STATUS', ...idle, verb: 'STATUS' },
  { what: 'VERSION', ...idle, verb: 'VERSION' },
];

const limitedTo = (set: string) => `exec setpriv --bounding-set=${set} --inh-caps=-all "$0"`;

let testbed: Testbed;
beforeEach(async () => {
  testbed = await createTestbed(onTestFinished);
});

/** Attaches the pod where it is to be: how it is called then. Not by a path in /proc, which asks for more. */
async function prepare({ verb, config = plainConf(), attached = false }: Use): Promise<CallSettings> {
  const env = { CNI_NETNS: testbed.pod.netns.path };
  if (!attached) return { config, env };
  const prevResult = await succeedIn(testbed, 'ADD', { config, env });
  return { config: verb === 'CHECK' ? { ...config, prevResult } : config, env };
}

/** What is kept but the locks. */
function kept(): readonly string[] {
  return readdirSync(testbed.records).filter((name) => !/\.(lock|turn)$/.test(name));
}

test.each(uses.map((use) => [use.what, Object.keys(use.needed).join(' and ') || 'nothing', use] as const))(
  '%s needs %s',
  async (_what, _needed, use) => {
    const settings = await prepare(use);
    const set = ['-all', ...Object.keys(use.needed).map((name) => `+${name}`)].join(',');
    await succeedIn(testbed, use.verb, { ...settings, script: limitedTo(set) });
    expect(await linkNames(testbed.pod.netns)).toEqual(use.links);
  },
);

const refused = uses.flatMap((use) =>
  Object.entries(use.needed).map(([name, msg]) => [use.what, name, msg, use] as const),
);

test.each(refused)(
  '%s without %s names the step, and leaves everything as it was',
  async (_what, name, msg, use) => {
    const settings = await prepare(use);
    const before = [await statesOf(testbed), kept()];
    const error = await refusalIn(testbed, use.verb, { ...settings, script: limitedTo(`-${name}`) });
    expect(error).toMatchObject({ code: 100, msg: expect.stringMatching(msg) });
    expect(error.details).toContain(use.config === undefined ? 'CAP_NET_ADMIN and CAP_SYS_ADMIN' : '');
    expect([await statesOf(testbed), kept()]).toEqual(before);
  },
);

describe('as nobody', () => {
  const asNobody = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all';

  /** A copy that nobody may run, wherever the executable itself is. */
  function copy(): string {
    const path = join(testbed.folder, 'copy');
    copyFileSync(executable(), path);
    chmodSync(path, 0o755);
    return path;
  }

  test('VERSION, help and the version for people work', async () => {
    const path = copy();
    const reply = await succeedIn(testbed, 'VERSION', { script: `${asNobody} ${path}` });
    expect(reply.supportedVersions).toContain('1.1.0');
    const people = async (option: string) => {
      const by = ['/usr/bin/setpriv', ...asNobody.split(' ').slice(2)];
      return (await runExecutable({ by, program: path, args: [option] })).stdout;
    };
    expect(await people('--help')).toContain('puts a pod on an 802.1Q VLAN');
    expect(await people('--version')).toBe(`vlan-bridge ${manifest.version}\n`);
  });

  test.each([
    ['ADD', enterNetns],
    ['CHECK', enterNetns],
  ])('%s is refused', async (verb, msg) => {
    const env = { CNI_NETNS: testbed.pod.netns.path };
    const config = plainConf({ prevResult: {} });
    const script = `${asNobody} ${copy()}`;
    const before = await statesOf(testbed);
    expect(await refusalIn(testbed, verb, { env, config, script })).toMatchObject({
      code: 100,
      msg: expect.stringMatching(msg),
    });
    expect(await statesOf(testbed)).toEqual(before);
  });
});
