import { describe, expect, test } from 'vitest';
import { seed, soak } from '../../helpers/soak.ts';
import { countCases } from '../cases.ts';
import { chanceOf } from './chance.ts';
import { savedDatagrams } from './corpus.ts';
import { mutated, recordings } from './datagrams.ts';
import { decoders, tryDecoder } from './decoders.ts';

/** Answers of the kernel that are cut, bent and mixed: what reads them says no in its own words, or makes sense of them. */

const INPUTS = 60_000 * (soak ? 10 : 1);
const ROWS = Object.entries(decoders).map(([name, decoder]) => ({ name, ...decoder }));
const all = recordings();

test.each(savedDatagrams())('what was once read badly is read well: $name', ({ decoder, datagrams }) => {
  const { decode } = decoders[decoder] ?? expect.fail(`there is no decoder "${decoder}"`);
  expect(tryDecoder(decode, datagrams).problem).toBeUndefined();
});

describe(`with VLAN_BRIDGE_SEED=${seed}`, () => {
  test.for(ROWS)(
    'bent answers about "$name" end in an answer or in an error of ours',
    ({ decode, about }, context) => {
      const own = all.filter((recording) => about.some((start) => recording.name.startsWith(start)));
      const inputs = Math.ceil(INPUTS / ROWS.length);
      let read = 0;
      for (let index = 0; index < inputs; index += 1) {
        const chance = chanceOf(seed, index);
        const recording = chance.pick(chance.is(0.9) ? own : all);
        const datagrams = mutated(chance, recording, all);
        const outcome = tryDecoder(decode, datagrams);
        if (outcome.read) read += 1;
        if (outcome.problem === undefined) continue;
        const hex = datagrams.map((datagram) => datagram.toString('hex')).join('\n');
        expect.fail(`input ${index} of seed ${seed}, made of ${recording.name}: ${outcome.problem}\n${hex}`);
      }
      countCases(context, inputs, inputs);
      // Mutations that leave nothing to be read, or break nothing, would try nothing.
      expect(read / inputs).toBeGreaterThan(0.05);
      expect(read / inputs).toBeLessThan(0.95);
    },
  );
});
