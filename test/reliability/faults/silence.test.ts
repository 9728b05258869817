import { expect, test } from 'vitest';
import { addAct } from '../fault-acts.ts';
import { createTestbed } from '../fault-testbed.ts';
import { recordAct, surviveFaults } from '../faults.ts';
import { silence } from './netlink-faults.ts';

test('an ADD that gets no answer gives up within half a minute and leaves everything as it was', async () => {
  const testbed = await createTestbed({ recordingIpam: false });
  const act = addAct(testbed, await testbed.snapshot());
  const fault = silence(await recordAct(testbed, act), 3);
  const start = performance.now();
  expect(await surviveFaults(testbed, act, [fault])).toBe(1);
  expect(performance.now() - start).toBeLessThan(30_000);
});
