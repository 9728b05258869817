import { showLink } from '../helpers/links.ts';
import { ip, type Netns } from '../helpers/netns.ts';

/** Runs the function and counts the links that it created in the namespace, including those already deleted. */
export async function countLinksMade<T>(
  netns: Netns,
  fn: () => Promise<T>,
): Promise<{ readonly result: T; readonly linksMade: number }> {
  const before = await nextIndex(netns);
  const result = await fn();
  return { result, linksMade: (await nextIndex(netns)) - before - 1 };
}

/** The kernel gives every new link of a namespace the next ifindex. */
async function nextIndex(netns: Netns): Promise<number> {
  await ip(netns, 'link add probe0 type bridge');
  const { ifindex } = await showLink(netns, 'probe0');
  await ip(netns, 'link del probe0');
  return ifindex;
}
