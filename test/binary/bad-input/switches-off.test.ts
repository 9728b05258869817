import { expect, test } from 'vitest';
import { createNetns } from '../../helpers/netns.ts';
import { runPlugin } from '../../helpers/run-plugin.ts';
import { base } from './row.ts';
import { switches } from './switches.ts';

const nothingAsked = [
  ['false', false],
  ['null', null],
] as const;
test.concurrent.for(nothingAsked)(
  'switches that are all %s ask for nothing',
  async ([_what, value], { onTestFinished }) => {
    const host = await createNetns('node', onTestFinished);
    const container = await createNetns('pod', onTestFinished);
    const nothing = Object.fromEntries(switches.map((key) => [key, value]));
    const { stdout, stderr, exitCode } = await runPlugin({
      verb: 'ADD',
      node: host.name,
      netns: container.path,
      config: { ...base, vlan: 0, ...nothing, ipMasqBackend: null, uplink: null },
    });
    expect({ stderr, exitCode, ips: JSON.parse(stdout).ips }).toEqual({
      stderr: '',
      exitCode: 0,
      ips: [{ address: '10.20.1.11/24', interface: 2 }],
    });
  },
);
