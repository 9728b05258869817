import type { Event } from './events.ts';
import { isBridgeDeleted, isDisturbed, isPodRemoved, removes } from './outcomes.ts';
import type { Target } from './testbed.ts';

/** As the README has them. */
const CODES = {
  invalidConfig: 7,
  invalidNetns: 8,
  tryAgain: 11,
  kernelRefused: 100,
  bridgeUnusable: 101,
  nameTaken: 102,
  checkFailed: 103,
  unforeseen: 999,
} as const;

/** What is wrong with the answers of the calls, a line each. */
export function answerProblems(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.output === undefined) return [];
    const problems = [...formProblems(event), ...contentProblems(event, events)];
    return problems.map((problem) => `${describe(event)}: ${problem}`);
  });
}

/** The event in a line, for who has to find out what happened. */
export function describe({ action, startMs, endMs, output }: Event): string {
  const of = (target: Target): string => `pod ${target.pod} on ${target.network.name}`;
  const about =
    'target' in action
      ? of(action.target)
      : 'network' in action
        ? `${action.network.name}${action.kind === 'GC' ? ` but ${action.valid?.map(of).join(', ')}` : ''}`
        : 'bridge' in action
          ? action.bridge
          : `pod ${action.pod}`;
  const time = `${startMs.toFixed(0)}-${endMs.toFixed(0)} ms`;
  const { exitCode, stdout, stderr } = output ?? {};
  const ending =
    output === undefined ? '' : ` = ${exitCode ?? 'killed'} ${exitCode === 1 ? stdout : ''}${stderr}`;
  return `${time} ${action.kind} ${about}${ending}`;
}

/** Exit code 0 or 1, one JSON document where there is something to say, and nothing else. */
function formProblems({ action, output }: Event): readonly string[] {
  const { exitCode, stdout = '', stderr = '', json } = output ?? {};
  if (exitCode === undefined) return 'kill' in action && action.kill !== undefined ? [] : ['it hangs'];
  return [
    ...(stderr === '' ? [] : ['it writes to stderr']),
    ...(exitCode === 0 || exitCode === 1 ? [] : ['neither success nor failure']),
    ...(exitCode === 0 && action.kind !== 'ADD' && stdout !== '' ? [`it prints ${stdout}`] : []),
    ...(exitCode === 0 && action.kind === 'ADD' && !isObject(json) ? [`its result is ${stdout}`] : []),
    ...(exitCode === 1 && !isSentence(json) ? ['its error is not in words'] : []),
  ];
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null;
}

/** Words that only a program would say, and what nobody could do anything about. */
const JARGON = /undefined|null|NaN|\[object|\n\s+at |could not be rolled back/;

function isSentence(json: unknown): boolean {
  if (!isObject(json)) return false;
  const { cniVersion, code, msg, details = '' } = json;
  return (
    ['1.0.0', '1.1.0'].includes(`${cniVersion}`) &&
    Number.isInteger(code) &&
    /^\S+ .*\S$/.test(`${msg}`) &&
    !JARGON.test(`${msg}\n${details}`)
  );
}

/** Whether the call may fail, and with this code. */
function contentProblems(event: Event, events: readonly Event[]): readonly string[] {
  const { action, output } = event;
  if (output?.exitCode !== 1) return [];
  if (action.kind === 'ADD') return addProblems(event, action.target, events);
  if (action.kind === 'CHECK') return checkProblems(event, action.target, events);
  return ['it must not fail, whatever the others do'];
}

function addProblems(event: Event, target: Target, events: readonly Event[]): readonly string[] {
  const others = events.filter((other) => other !== event);
  const sameTarget = others.some(({ action }) => action.kind === 'ADD' && action.target === target);
  if (!sameTarget && !isDisturbed(target, events) && !others.some((other) => removes(target, other)))
    return ['it must not fail, for nobody is in its way'];
  const codes: readonly number[] = [
    CODES.kernelRefused,
    ...(sameTarget ? [CODES.nameTaken] : []),
    ...(isPodRemoved(target, events) ? [CODES.invalidNetns] : []),
    ...(isBridgeDeleted(target.network.bridge, events) ? [CODES.tryAgain, CODES.bridgeUnusable] : []),
    // What host-local says when the address of a killed ADD was never given back.
    ...(isDelegated(target) && sameTarget ? [CODES.unforeseen] : []),
  ];
  return codes.includes(codeOf(event)) ? [] : ['it fails for a reason that it has not got'];
}

function checkProblems(event: Event, target: Target, events: readonly Event[]): readonly string[] {
  const add = events.find(({ action }) => action.kind === 'ADD' && action.target === target);
  const isHealthy = add?.action.at === 0 && add.output?.exitCode === 0;
  const isRemoved = events.some((other) => removes(target, other));
  if (isHealthy && !isRemoved && !isDisturbed(target, events)) return ['it fails a healthy pod'];
  const codes: readonly number[] = [
    CODES.checkFailed,
    CODES.kernelRefused,
    CODES.invalidConfig,
    CODES.invalidNetns,
    // What host-local says of an address that it has not given.
    ...(isDelegated(target) ? [CODES.unforeseen] : []),
  ];
  return codes.includes(codeOf(event)) ? [] : ['it fails for a reason that it has not got'];
}

/** Whether the addresses come from host-local, which has its own errors. */
function isDelegated({ network, pod }: Target): boolean {
  return network.addresses(pod).length === 0;
}

function codeOf({ output }: Event): number {
  return isObject(output?.json) ? Number(output.json.code) : Number.NaN;
}
