import { type ShownLink, showLink } from '../../helpers/links.ts';
import { ipJson, type Netns } from '../../helpers/netns.ts';

/** The peer of the gateway link. A veth shows the name of a peer in the same network namespace. */
export async function gatewayPort(node: Netns, gatewayLink: string): Promise<ShownLink> {
  const [gateway] = await ipJson<{ readonly link: string }>(node, 'link', 'show', 'dev', gatewayLink);
  return showLink(node, gateway?.link ?? '');
}
