import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildChecked, compileProgram } from '../../scripts/build/native.ts';
import { findEngine } from '../../scripts/build/native-engine.ts';
import { seed, soak } from '../helpers/soak.ts';

/** The functions of the C host, called with made-up arguments under the compiler's checks of memory and of undefined behaviour. */

/** Of each process: memory that is given back is not used again under the checks. */
const CALLS = 5000;
const PROCESSES = 4 * (soak ? 10 : 1);

const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-checked-'));
const program = join(folder, 'fuzz/program');

beforeAll(async () => {
  const source = findEngine();
  await buildChecked(folder, { engine: source });
  mkdirSync(join(folder, 'fuzz'));
  mkdirSync(join(folder, 'empty'));
  await compileProgram(join(folder, 'fuzz'), source, { main: 'test/native/fuzz/main.ts', debug: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

test.for(Array.from({ length: PROCESSES }, (_, index) => seed + index))(
  'no call of the host functions touches memory that it must not, with the seed %i',
  async (first) => {
    const { exitCode, stdout, stderr } = await execa(join(folder, 'vlan-bridge'), [`${first}`, `${CALLS}`], {
      cwd: join(folder, 'empty'),
      // Some calls read from descriptor 0.
      stdin: 'ignore',
      env: { VLAN_BRIDGE_PROGRAM: program },
      extendEnv: false,
      reject: false,
      timeout: 300_000,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { tried, problems } = JSON.parse(stdout);
    expect(problems).toEqual([]);
    expect(tried.answered + tried.refused).toBe(CALLS);
    expect(tried.answered).toBeGreaterThan(CALLS / 20);
  },
);
