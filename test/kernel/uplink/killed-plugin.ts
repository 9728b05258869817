import { execa } from 'execa';
import type { Pod } from '../../helpers/pod.ts';
import { executable } from '../../helpers/run-plugin.ts';

const TIMEOUT_MS = 60_000;

/**
 * Calls the plugin about this pod and kills it (SIGKILL) as it is about to send its n-th message, so that the kernel has seen n - 1.
 * @returns whether it came to that; otherwise the plugin has succeeded
 * @throws Error when the plugin has failed
 */
export async function killAtMessage(n: number, verb: string, pod: Pod, config: object): Promise<boolean> {
  const { node, netns, containerId } = pod;
  const strace = ['strace', '-qq', '-o', '/dev/null', '-e', 'trace=sendto'];
  const { exitCode, signal, stdout } = await execa(
    'nsenter',
    [`--net=${node.path}`, ...strace, '-e', `inject=sendto:signal=SIGKILL:when=${n}`, executable()],
    {
      input: JSON.stringify(config),
      env: {
        CNI_COMMAND: verb,
        CNI_CONTAINERID: containerId,
        CNI_NETNS: netns.path,
        CNI_IFNAME: 'net1',
        CNI_PATH: '/opt/cni/bin',
      },
      reject: false,
      timeout: TIMEOUT_MS,
    },
  );
  // strace ends the way its tracee did.
  if (signal === 'SIGKILL') return true;
  if (exitCode !== 0) throw new Error(`${verb} with message ${n} to come ended with ${exitCode}: ${stdout}`);
  return false;
}
