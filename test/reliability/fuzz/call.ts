import type { Chance } from './chance.ts';
import { damaged } from './damage.ts';
import { networkConfiguration } from './netconf.ts';
import { foreignError, foreignResult } from './result.ts';

/** One call of the plugin. */
export type Call = { readonly env: Readonly<Record<string, string>>; readonly stdin: Buffer };

/** Where the values of CNI_NETNS and CNI_PATH are taken from: those that work come more often than others. */
export type PathChoices = { readonly netns: readonly string[]; readonly path: readonly string[] };

/** A call with this number: about half of them are right, or nearly so; the others are wrong in one way or in many. */
export function madeUpCall(chance: Chance, choices: PathChoices): Call {
  const wild = { junkShare: chance.pick([0, 0, 0, 0.02, 0.05, 0.2, 0.6]) };
  const verb = chance.pick(VERBS);
  const withPrevious = verb === 'CHECK' ? 0.8 : 0.15;
  const prevResult = chance.is(withPrevious) ? [['prevResult', foreignResult(chance, wild)] as const] : [];
  const document = networkConfiguration(chance, wild, prevResult);
  return {
    env: environment(chance, choices, verb),
    stdin: damaged(chance, document, wild.junkShare === 0 ? 0.05 : 0.3),
  };
}

function environment(chance: Chance, { netns, path }: PathChoices, verb: string): Record<string, string> {
  const wrong = chance.pick([0, 0, 0, 0.03, 0.3]);
  const usual: Record<string, string> = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: chance.pick(['pod', 'a'.repeat(64), 'A_b.c-9']),
    CNI_NETNS: chance.pick(netns),
    CNI_IFNAME: chance.pick(['net1', 'net1', 'eth0', 'é']),
    CNI_PATH: chance.pick(path),
    ...(chance.is(0.25) ? { CNI_ARGS: cniArgs(chance) } : {}),
    ...(chance.is(0.05) ? { CNI_NETNS_OVERRIDE: chance.pick(['1', 'true', '0', 'maybe']) } : {}),
    // What the IPAM plugin "answers" of test/fixtures/bin prints, and how it exits.
    REPLY: ipamReply(chance),
    ...(chance.is(0.2) ? { EXIT_CODE: chance.pick(['1', '2', '127']) } : {}),
    ...(chance.is(0.1) ? { WORDS: 'words on stderr' } : {}),
  };
  const entries = Object.entries(usual).flatMap(([name, value]) => {
    if (!name.startsWith('CNI_') || !chance.is(wrong)) return [[name, value] as const];
    return chance.is(0.5) ? [] : [[name, chance.pick(NAMES)] as const];
  });
  return Object.fromEntries(entries);
}

/** What an IPAM plugin prints on stdout. A variable of an environment holds no zero byte. */
export function ipamReply(chance: Chance): string {
  const wild = { junkShare: chance.pick([0, 0, 0.05, 0.3]) };
  const document = chance.is(0.8) ? foreignResult(chance, wild) : foreignError(chance, wild);
  return damaged(chance, document, wild.junkShare).toString().slice(0, LONGEST_VARIABLE).replaceAll('\0', '');
}

/** execve(2) takes 128 KiB at the most for one string. */
const LONGEST_VARIABLE = 30_000;

function cniArgs(chance: Chance): string {
  const pair = (): string =>
    chance.pick([
      'IgnoreUnknown=1',
      'IgnoreUnknown=true',
      'IP=10.20.1.11/24',
      'IP=10.20.1.12/24,fd00:20::12/64',
      'GATEWAY=10.20.1.1',
      'MAC=02:00:00:00:00:07',
      'K8S_POD_NAME=web-0',
      'K8S_POD_NAMESPACE=default;K8S_POD_INFRA_CONTAINER_ID=1',
      `IP=${chance.pick(NAMES)}`,
      `MAC=${chance.pick(NAMES)}`,
      chance.pick(NAMES),
    ]);
  const pairs = chance.is(0.8) ? ['IgnoreUnknown=1', ...chance.many(0, 3, pair)] : chance.many(0, 6, pair);
  return `${pairs.join(';')}${chance.pick(['', '', ';', ';;'])}`;
}

const VERBS = [
  ...Array<string>(10).fill('ADD'),
  ...['CHECK', 'CHECK', 'CHECK', 'DEL', 'DEL', 'GC', 'STATUS', 'VERSION'],
];

/** For any variable: names that are none, or of something else. */
const NAMES = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '/',
    'a/b',
    'a b',
    'lo',
    'a:b',
    '%d',
    'net1\n',
    '=',
    '=x',
    'x=',
    'a=b=c',
    'add',
    'ADD ',
    'FROB',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'VERSION',
    '-1',
    '😀',
    '\u202e',
    '\u0085',
    'x'.repeat(15),
    'x'.repeat(16),
  ],
  ...[
    'x'.repeat(5000),
    'é'.repeat(8),
    '10.20.1.11',
    '10.20.1.11/24',
    '02:00:00:00:00:01',
    '[1,2]',
    '{"a":1}',
    'true',
  ],
];
