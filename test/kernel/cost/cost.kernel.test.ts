import { test } from 'vitest';
import { createCostTestbed, expectCosts } from '../../helpers/costs.ts';
import { createNetns, ip } from '../../helpers/netns.ts';
import { createPod, networkConf, staticIpam } from '../../helpers/pod.ts';

test('ADD, CHECK and DEL make only the listed round trips, open only the listed files and start no process', async () => {
  const node = await createNetns('node');
  await ip(node, 'link add plain0 up type bridge');
  const testbed = await createCostTestbed(node, await createPod(node));
  await expectCosts(
    testbed,
    networkConf({ bridge: 'plain0', ipam: staticIpam(['10.20.1.11/24']) }),
    undefined,
  );
});
