import { readlinkSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import type { Netns } from './netns.ts';

const TRIES = 1000;
const PAUSE_MS = 10;

/**
 * Starts a process that sleeps in the network namespace until the cleanup of the namespace. /proc/PID/net shows the namespace without
 * starting a program, and /proc/PID/ns/net is a second path of it.
 * @returns the pid
 */
export async function startSleeper(netns: Netns): Promise<number> {
  const { pid } = execa('nsenter', [`--net=${netns.path}`, 'sleep', 'infinity'], { reject: false });
  if (pid === undefined) throw new Error('nsenter did not start');
  const inside = `net:[${statSync(netns.path).ino}]`;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (readlinkSync(`/proc/${pid}/ns/net`) === inside) return pid;
    await setTimeout(PAUSE_MS);
  }
  throw new Error(`process ${pid} did not get into ${netns.path}`);
}
