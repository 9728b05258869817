import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { kernelState } from '../helpers/kernel-state.ts';
import { add, createPod, networkConf, type Pod, staticIpam } from '../helpers/pod.ts';
import type { CallPosition } from '../helpers/strace.ts';
import { createNode, keptFiles } from '../helpers/trunk.ts';

/** A pod that is to have an address of host-local and masquerade rules, beside one that has its own and stays. */
export type AnswerTestbed = {
  readonly pod: Pod;
  readonly conf: object;
  /** CNI_PATH with host-local, and the PATH of the tools for the rules. */
  readonly more: { readonly path: string; readonly env: { readonly PATH: string } };
  /** An empty folder, and the file in it that the words of `intoFile` lead stdout to. */
  readonly folder: string;
  readonly stdout: () => string;
  /** Starts the plugin by these words with stdout in the file, which strace can tell from other descriptors. */
  readonly intoFile: (...words: readonly string[]) => readonly string[];
  /** The system call that writes the answer into the file. */
  readonly answerWrite: CallPosition;
  /** Both namespaces, the plugin's files but for its locks, and the addresses that host-local has given. */
  readonly snapshot: () => Promise<Readonly<Record<'node' | 'pod' | 'files' | 'addresses', unknown>>>;
};

/** Sets the testbed for the current test. */
export async function createAnswerTestbed(): Promise<AnswerTestbed> {
  const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-answer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, dataDir] = [join(folder, 'stdout'), join(folder, 'addresses')];
  const node = await createNode();
  const [pod, resident] = [await createPod(node), await createPod(node)];
  const conf = (ipam: object) =>
    networkConf({ isGateway: true, ipMasq: true, ipMasqBackend: 'nftables', ipam });
  const more = { path: '/usr/lib/cni', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };
  await add(resident, conf(staticIpam(['10.20.1.240/24'])), more);
  return {
    pod,
    conf: conf({ type: 'host-local', subnet: '10.20.1.0/24', dataDir }),
    more,
    folder,
    stdout: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    intoFile: (...words) => ['/bin/sh', '-c', `exec "$@" >${file}`, 'sh', ...words],
    answerWrite: { name: 'write', path: file, nth: 1 },
    snapshot: async () => {
      const [onNode, inPod] = await Promise.all([kernelState(node), kernelState(pod.netns)]);
      return { node: onNode, pod: inPod, files: keptFiles(node), addresses: addressesIn(dataDir) };
    },
  };
}

/** host-local keeps a file for each address that it has given, named by the address. */
function addressesIn(dataDir: string): readonly string[] {
  if (!existsSync(dataDir)) return [];
  return readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) => /\/10\./.test(name));
}
