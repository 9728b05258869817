import { expect, test } from 'vitest';
import { addAct } from '../../helpers/fault-acts.ts';
import { createStage } from '../../helpers/fault-stage.ts';
import { recordAct, surviveFaults } from '../../helpers/faults.ts';
import { silence } from './netlink-faults.ts';

test('an ADD that gets no answer gives up within half a minute and leaves everything as it was', async () => {
  const stage = await createStage({ keeper: false });
  const act = addAct(stage, await stage.look());
  const fault = silence(await recordAct(stage, act), 3);
  const start = performance.now();
  expect(await surviveFaults(stage, act, [fault])).toBe(1);
  expect(performance.now() - start).toBeLessThan(30_000);
});
