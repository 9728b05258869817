import { readFileSync } from 'node:fs';

/**
 * Links, addresses and routes of a network namespace as /proc shows them to a process that lives there (`inhabit`): a look that
 * starts no program, so that there can be one after every call.
 */
export function glance(inhabitant: number): readonly string[] {
  const files = ['dev', 'fib_trie', 'if_inet6', 'ipv6_route'];
  return files.map((file) => readFileSync(`/proc/${inhabitant}/net/${file}`, 'utf8').replace(COUNTERS, ''));
}

/** In `dev` all that follows the name of a link; in `ipv6_route` three of the numbers. */
const COUNTERS = /(?<=^ *[^ :]+:).*$|(?:[0-9a-f]{8} ){3}(?=[0-9a-f]{8} +\S+$)/gm;
