import { readFileSync } from 'node:fs';

/**
 * Reads the links, addresses and routes of a network namespace from /proc. It starts no program, so a test can do it after every call.
 * @param sleeper pid of a process in the namespace (`startSleeper`)
 */
export function readProcNet(sleeper: number): readonly string[] {
  const files = ['dev', 'fib_trie', 'if_inet6', 'ipv6_route'];
  return files.map((file) => readFileSync(`/proc/${sleeper}/net/${file}`, 'utf8').replace(COUNTERS, ''));
}

/** In `dev` everything after the name of a link; in `ipv6_route` three of the numbers. */
const COUNTERS = /(?<=^ *[^ :]+:).*$|(?:[0-9a-f]{8} ){3}(?=[0-9a-f]{8} +\S+$)/gm;
