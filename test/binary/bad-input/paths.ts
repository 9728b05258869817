import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths that are known before anything is made. */
export const folder = join(tmpdir(), `vlan-bridge-bad-input-${process.pid}`);
export const podPath = join(folder, 'pod');
export const ownPath = join(folder, 'own');
export const socketPath = join(folder, 'socket');
