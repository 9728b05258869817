import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkAddresses, linkNames } from '../../helpers/links.ts';
import { createNetns, deleteNetns, ip, type Netns } from '../../helpers/netns.ts';
import { add, call, check, createPod, del, networkConf, type Pod, refusal } from '../../helpers/pod.ts';
import { fixtureBin, recordedCall, recordedVerbs } from '../../helpers/recorded.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';

let node: Netns;
let pod: Pod;
/** The folder where the `records` plugin records its calls. */
let records: string;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
  records = temporaryDirectory();
});

const conf = networkConf({ ipam: { type: 'records' } });
const success = { exitCode: 0, stdout: '', stderr: '', json: undefined };

/** Options of a call that runs the `records` plugin. */
function recording(env: Readonly<Record<string, string>> = {}) {
  return { path: fixtureBin, env: { RECORDS: records, ...env } };
}

describe('an IPAM plugin of CNI_PATH', () => {
  test('gets every call with the environment and the configuration of this plugin', async () => {
    const args = 'IgnoreUnknown=1;K8S_POD_NAME=a b';
    const more = { ...recording({ EXTRA: 'kept' }), args };
    const { interfaces, ips } = await add(pod, conf, more);
    expect(ips).toEqual([{ address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 2 }]);
    expect(await linkAddresses(pod.netns, 'net1')).toEqual(['10.20.1.11/24']);
    await check(pod, conf, { cniVersion: '1.0.0', interfaces, ips }, more);
    await del(pod, conf, more);
    expect(recordedVerbs(records)).toEqual(['ADD', 'CHECK', 'DEL']);
    expect(recordedCall(records, 'ADD')).toEqual({
      environment: {
        CNI_COMMAND: 'ADD',
        CNI_CONTAINERID: pod.containerId,
        CNI_NETNS: pod.netns.path,
        CNI_IFNAME: 'net1',
        CNI_ARGS: args,
        CNI_PATH: fixtureBin,
        RECORDS: records,
        EXTRA: 'kept',
        VLAN_BRIDGE_CALLERS: expect.stringMatching(/^\d+:\d+$/),
      },
      stdin: JSON.stringify(conf),
      arguments: 0,
    });
  });

  test.each([
    'IgnoreUnknown=1;IP=10.88.0.5',
    'IgnoreUnknown=1;IP=10.20.1.11/24;GATEWAY=10.20.9.1',
    'IgnoreUnknown=1;IP=next;GATEWAY=router',
  ])('alone reads the addresses in CNI_ARGS, which it gets as they came: %s', async (args) => {
    const more = { ...recording(), args };
    const { interfaces, ips } = await add(pod, conf, more);
    expect(ips).toEqual([{ address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 2 }]);
    await check(pod, conf, { cniVersion: '1.0.0', interfaces, ips }, more);
    expect(recordedCall(records, 'ADD').environment).toMatchObject({ CNI_ARGS: args });
  });

  test('gives the address that podman requests in CNI_ARGS without a prefix length', async () => {
    const dataDir = temporaryDirectory();
    const ipam = { type: 'host-local', subnet: '10.88.0.0/16', dataDir };
    const more = { path: '/usr/lib/cni', args: 'IgnoreUnknown=1;K8S_POD_NAME=p;IP=10.88.0.5' };
    const { ips } = await add(pod, networkConf({ ipam }), more);
    expect(ips).toEqual([{ address: '10.88.0.5/16', gateway: '10.88.0.1', interface: 2 }]);
  });

  test('gets DEL when its own ADD fails, and its error is reported', async () => {
    const before = await kernelState(node);
    expect(await refusal('ADD', pod, conf, recording({ FAILS_ON: 'ADD' }))).toEqual({
      cniVersion: '1.0.0',
      code: 123,
      msg: 'no ADD today',
      details: 'as told',
    });
    expect(recordedVerbs(records)).toEqual(['ADD', 'DEL']);
    expect(await kernelState(node)).toEqual(before);
    expect(await linkNames(pod.netns)).toEqual([]);
  });

  test('gets DEL when a later step of ADD fails', async () => {
    const before = await kernelState(node);
    const ips = [{ address: '10.20.1.11/24' }];
    const REPLY = JSON.stringify({ ips, routes: [{ dst: '10.9.0.0/16', gw: '172.16.0.1' }] });
    const { code, msg } = await refusal('ADD', pod, conf, recording({ REPLY }));
    expect({ code, msg }).toEqual({ code: 100, msg: expect.stringMatching(/^add route .*ENETUNREACH/) });
    expect(recordedVerbs(records)).toEqual(['ADD', 'DEL']);
    expect(await kernelState(node)).toEqual(before);
    expect(await linkNames(pod.netns)).toEqual([]);
  });

  test('is reported when its DEL fails too, beside the error of ADD', async () => {
    expect(await refusal('ADD', pod, conf, recording({ FAILS_ON: 'ADD DEL' }))).toEqual({
      cniVersion: '1.0.0',
      code: 123,
      msg: 'no ADD today',
      details: 'as told\ncould not be rolled back: release the addresses: no DEL today',
    });
    expect(await linkNames(node)).toEqual([]);
  });

  test.each([
    ['killed', 999, 'plugin "killed" was ended by SIGSEGV on ADD'],
    ['not-executable', 999, 'plugin "not-executable" cannot be run (EACCES) on ADD'],
    ['answers', 6, 'plugin "answers" printed no result on ADD'],
    ['missing', 7, `cannot find plugin "missing": it is not in CNI_PATH "${fixtureBin}"`],
  ])('leaves nothing behind when it does not work: %s', async (type, code, msg) => {
    const error = await refusal('ADD', pod, networkConf({ ipam: { type } }), { path: fixtureBin });
    expect(error).toMatchObject({ code, msg });
    expect(await linkNames(node)).toEqual([]);
  });
});

describe('DEL of the IPAM plugin runs', () => {
  test('when the container and its link are already deleted', async () => {
    await add(pod, conf, recording());
    await deleteNetns(pod.netns);
    await del(pod, conf, recording());
    await del(pod, conf, recording());
    expect(recordedVerbs(records)).toEqual(['ADD', 'DEL', 'DEL']);
  });

  test('when the link cannot be deleted, and both failures are reported', async () => {
    await add(pod, conf, recording());
    const deletion = /^delete link "?[0-9a-z]+"?: EPERM/;
    expect(await delWithoutRights()).toMatchObject({ code: 100, msg: expect.stringMatching(deletion) });
    expect(await delWithoutRights({ FAILS_ON: 'DEL' })).toMatchObject({
      code: 100,
      msg: expect.stringMatching(
        /^delete host link "veth\w+": .*EPERM.*; IPAM plugin "records": no DEL today$/,
      ),
    });
    expect(recordedVerbs(records)).toEqual(['ADD', 'DEL', 'DEL']);
    await del(pod, conf, recording());
  });

  test('after the link is deleted, and its error is reported', async () => {
    await add(pod, conf, recording());
    const error = await refusal('DEL', pod, conf, recording({ FAILS_ON: 'DEL' }));
    expect(error).toEqual({ cniVersion: '1.0.0', code: 123, msg: 'no DEL today', details: 'as told' });
    expect(await linkNames(node)).toEqual(['vlanbr0']);
  });

  /** Calls DEL without CAP_NET_ADMIN. */
  async function delWithoutRights(env: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const by = ['/usr/bin/setpriv', '--bounding-set=-net_admin'];
    const { stdout } = await call('DEL', pod, conf, { ...recording(env), by });
    return JSON.parse(stdout);
  }
});

describe('the verbs of version 1.1.0', () => {
  const newest = { ...conf, cniVersion: '1.1.0' };

  test.each(['GC', 'STATUS'])('%s is passed on, and its error is reported', async (verb) => {
    expect(await call(verb, pod, newest, recording())).toEqual(success);
    const error = await refusal(verb, pod, newest, recording({ FAILS_ON: verb }));
    expect(error).toEqual({ cniVersion: '1.1.0', code: 123, msg: `no ${verb} today`, details: 'as told' });
    expect(recordedVerbs(records)).toEqual([verb, verb]);
  });

  test.each(['GC', 'STATUS'])('%s succeeds when the IPAM plugin does not support it', async (verb) => {
    const REPLY = '{"code": 4, "msg": "unknown CNI_COMMAND"}';
    const older = { ...newest, ipam: { type: 'answers' } };
    const more = { path: fixtureBin, env: { REPLY, EXIT_CODE: '1' } };
    expect(await call(verb, pod, older, more)).toEqual(success);
  });
});

describe('CHECK', () => {
  test('reports the error of the IPAM plugin', async () => {
    const prevResult = await add(pod, conf, recording());
    const more = recording({ FAILS_ON: 'CHECK' });
    expect(await refusal('CHECK', pod, { ...conf, prevResult }, more)).toEqual({
      cniVersion: '1.0.0',
      code: 123,
      msg: 'no CHECK today',
      details: 'as told',
    });
  });
});

describe('host-local', () => {
  const debian = { path: '/usr/lib/cni' };
  let dataDir: string;
  let hostLocal: ReturnType<typeof networkConf>;

  beforeEach(() => {
    dataDir = temporaryDirectory();
    const range = { subnet: '10.20.1.0/24', rangeStart: '10.20.1.11', rangeEnd: '10.20.1.11' };
    const routes = [{ dst: '0.0.0.0/0' }];
    hostLocal = networkConf({ ipam: { type: 'host-local', ranges: [[range]], routes, dataDir } });
  });

  /** The addresses that host-local has allocated. */
  function leases(): string[] {
    return readdirSync(`${dataDir}/blue`).filter((name) => /^\d+\./.test(name));
  }

  test('allocates the only address of its range once, until DEL releases it', async () => {
    const result = await add(pod, hostLocal, debian);
    expect(result.ips).toEqual([{ address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 2 }]);
    expect(result.routes).toEqual([{ dst: '0.0.0.0/0', gw: '10.20.1.1' }]);
    await check(pod, hostLocal, result, debian);
    const other = await createPod(node);
    expect(await refusal('ADD', other, hostLocal, debian)).toMatchObject({
      code: 999,
      msg: expect.stringContaining('no IP addresses available in range set'),
    });
    expect(leases()).toEqual(['10.20.1.11']);
    await del(pod, hostLocal, debian);
    expect(leases()).toEqual([]);
    await add(other, hostLocal, debian);
  });

  test('releases the address of an ADD that fails later', async () => {
    await ip(node, 'link add vlanbr0 type bridge', 'address add 10.20.1.5/24 dev vlanbr0');
    const conflicting = { ...hostLocal, isGateway: true };
    expect(await refusal('ADD', pod, conflicting, debian)).toMatchObject({ code: 101 });
    expect(leases()).toEqual([]);
  });

  test('makes CHECK fail when its allocation is lost', async () => {
    const prevResult = await add(pod, hostLocal, debian);
    await execa('rm', [`${dataDir}/blue/10.20.1.11`]);
    const error = await refusal('CHECK', pod, { ...hostLocal, prevResult }, debian);
    expect(error).toMatchObject({ code: 999, msg: expect.stringContaining('host-local') });
  });
});
