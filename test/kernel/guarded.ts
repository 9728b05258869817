/** More processes than a correct call and the guard have at once. */
const MAX_PROCESSES = 20;

/** Kills everything in its PID namespace when there are too many processes, or after 20 seconds. */
const GUARD = `
guard() {
  ticks=0
  while [ "$ticks" -lt 400 ]; do
    ticks=$((ticks + 1))
    set -- /proc/[0-9]*
    [ "$#" -gt ${MAX_PROCESSES} ] && break
    /usr/bin/sleep 0.05
  done
  kill -KILL -1
}
guard &
"$0"
exit`;

/**
 * `by` of a call that may start itself recursively without end. The guard then kills it, with exit code 137. The call and its child
 * processes have their own PID namespace, which ends with the call.
 */
export const guarded = [
  '/usr/bin/unshare',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  '/bin/sh',
  '-c',
  GUARD,
];
