import { type Cleanup, createNetns, exec, ip, type Netns } from '../../helpers/netns.ts';

export const BACKENDS = ['nftables', 'iptables'] as const;
/** An address in the pods' subnet that is on the other side of the host. */
export const INSIDE = '10.20.1.200';

/** Creates a node and, behind it, the machine that pods reach through the node. */
export async function createTestbed(
  cleanup: Cleanup,
): Promise<{ readonly node: Netns; readonly internet: Netns }> {
  const [node, internet] = await Promise.all([
    createNetns('node', cleanup),
    createNetns('internet', cleanup),
  ]);
  await ip(
    node,
    `link add up0 type veth peer name net0 netns ${internet.name}`,
    'address add 198.51.100.1/24 dev up0',
    'address add 2001:db8:51::1/64 dev up0 nodad',
    'link set up0 up',
    `route add ${INSIDE}/32 via 198.51.100.2`,
  );
  await ip(
    internet,
    'address add 198.51.100.2/24 dev net0',
    'address add 2001:db8:51::2/64 dev net0 nodad',
    'link set net0 up',
    `address add ${INSIDE}/32 dev lo`,
    // Replies to the pods' own addresses are routed back too, so only the source address shows whether the host masquerades.
    'route add 10.20.0.0/16 via 198.51.100.1',
  );
  return { node, internet };
}

/** The rules of both backends for the pods' addresses, without those of the resident pods. */
export async function shownRules(node: Netns): Promise<string[]> {
  const ruleset = await exec(node, 'nft', ['list', 'ruleset']);
  return ruleset.split('\n').filter((line) => /saddr (10\.20\.[12]|fd00:20:)[:.]+11 /.test(line));
}

/** Removes the rules of all attachments but the resident ones, as an administrator would. */
export async function removeRules(node: Netns, backend: (typeof BACKENDS)[number]): Promise<void> {
  if (backend === 'nftables') {
    const listed = await exec(node, 'nft', ['-a', 'list', 'table', 'inet', 'vlan_bridge']);
    const handles = Array.from(listed.matchAll(/:?\.?11 .* # handle (\d+)/g), ([, handle]) => handle);
    for (const handle of handles) {
      await exec(node, 'nft', [
        'delete',
        'rule',
        'inet',
        'vlan_bridge',
        'postrouting',
        'handle',
        `${handle}`,
      ]);
    }
    return;
  }
  for (const tool of ['iptables', 'ip6tables']) {
    const saved = await exec(node, `${tool}-save`, ['-t', 'nat']);
    const jumps = saved.split('\n').filter((line) => /^-A POSTROUTING -s [^ ]*[.:]11\//.test(line));
    for (const jump of jumps) await exec(node, tool, ['-t', 'nat', ...jump.replace('-A', '-D').split(' ')]);
  }
}
