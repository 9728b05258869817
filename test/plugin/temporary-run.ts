import { join } from 'node:path';
import { openRunDirectory, type RunDirectory } from '../../src/plugin/state/run-directory.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

/** A run directory that does not exist yet, and goes away with the test. */
export function temporaryRun(): RunDirectory {
  return openRunDirectory(join(temporaryDirectory(), 'run'));
}

/** The same directory as another network namespace uses it. */
export function ofAnotherNetns(run: RunDirectory): RunDirectory {
  return { ...run, prefix: '1-' };
}
