import { describe, expect, test } from 'vitest';
import { roundsOf, selectCases } from '../../scripts/bench/cases.ts';
import { findContenders } from '../../scripts/bench/contenders.ts';
import { parseOptions, usage } from '../../scripts/bench/options.ts';

describe('the command line of the benchmark', () => {
  test('asks for everything a hundred times when it says nothing', () => {
    expect(parseOptions([])).toEqual({
      runs: 100,
      cases: [],
      only: [],
      peers: [],
      json: undefined,
      readme: undefined,
      help: false,
    });
  });

  test('takes lists and several peers', () => {
    const argv = [
      '--runs',
      '7',
      '--cases',
      'plain,ports',
      '--only',
      'native',
      '--peer',
      'a=/a/bridge',
      '--peer',
      'b=/b/bridge',
    ];
    expect(parseOptions(argv)).toMatchObject({
      runs: 7,
      cases: ['plain', 'ports'],
      only: ['native'],
      peers: ['a=/a/bridge', 'b=/b/bridge'],
    });
  });

  test.each([
    ['no number of runs', ['--runs', 'many'], '--runs "many": must be a whole number from 1'],
    ['no run at all', ['--runs', '0'], '--runs "0": must be a whole number from 1'],
    ['an unknown option', ['--verbose'], "Unknown option '--verbose'"],
  ])('is refused with %s', (_what, argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });

  test.each(selectCases([]).map(({ name }) => name))('explains the case %s in its help', (name) => {
    expect(usage()).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
  });
});

describe('cases', () => {
  test('are chosen by name and by group', () => {
    expect(selectCases(['plain', 'ports']).map(({ name }) => name)).toEqual([
      'plain',
      'port-1',
      'port-100',
      'port-1000',
    ]);
  });

  test('that do not exist are named, beside those that do', () => {
    expect(() => selectCases(['plain', 'plane'])).toThrow(/^unknown case "plane"; there are plain, port-1, /);
  });

  test.each([
    ['plain', 100, 100],
    ['burst-100', 100, 10],
    ['burst-100', 5, 3],
  ])('%s has of %d runs %d rounds', (name, runs, rounds) => {
    expect(selectCases([name]).map((each) => roundsOf(each, runs))).toEqual([rounds]);
  });
});

describe('contenders', () => {
  test.each([
    [
      'a peer that is not there',
      ['new=/nonexistent/bridge'],
      ['new'],
      '"/nonexistent/bridge" is missing: give the path of an existing executable',
    ],
    ['a peer without a name', ['/usr/lib/cni/bridge'], [], '--peer "/usr/lib/cni/bridge": must be NAME=PATH'],
    ['a name that nobody has', [], ['deno'], 'no contender "deno"; there are '],
  ])('are refused with %s', (_what, peers, only, message) => {
    expect(() => findContenders(peers, only)).toThrow(message);
  });
});
