import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../src/cni/json.ts';
import { readSection } from '../../../src/cni/section.ts';
import { uplinkSchema } from '../../../src/plugin/config/uplink.ts';

function readUplink(config: unknown) {
  const { data, problems } = readSection({ uplink: uplinkSchema }, config);
  return problems.length > 0 ? { problems: problems.map(({ line }) => line) } : { data: data.uplink };
}

const ATTACHED = { link: 'trunk0', vids: 'attached' };
const NAME_RULE = 'must be a link name';
const UPLINK_RULE = 'must be a link name, or an object such as {"link": "trunk0", "vids": "attached"}';
const VIDS_RULE = 'must be "attached", "all" or a list of VLANs such as [100, "200-210"]';
const VID_RULE = 'must be a VLAN from 1 to 4094, or a range such as "200-210"';

describe('an uplink', () => {
  test.each([
    ['{}', undefined],
    ['{"uplink": null}', undefined],
    ['{"uplink": "trunk0"}', ATTACHED],
    ['{"Uplink": {"LINK": "trunk0"}}', ATTACHED],
    ['{"uplink": {"link": "trunk0", "vids": null}}', ATTACHED],
    ['{"uplink": {"link": "trunk0", "vids": "attached"}}', ATTACHED],
    ['{"uplink": {"link": "trunk0", "vids": "all"}}', withVids([1, 4094])],
    ['{"uplink": {"link": "trunk0", "vids": [100]}}', withVids([100, 100])],
    [
      '{"uplink": {"link": "trunk0", "vids": [1, "4094", "200-210"]}}',
      withVids([1, 1], [4094, 4094], [200, 210]),
    ],
    ['{"uplink": {"link": "trunk0", "vids": ["7-7", "1-4094"]}}', withVids([7, 7], [1, 4094])],
  ])('is read from %s', (config, data) => {
    expect(readUplink(parse(config))).toEqual({ data });
  });

  test.each<[string, readonly string[]]>([
    ['{"uplink": 5}', [`uplink: 5: ${UPLINK_RULE}`]],
    ['{"uplink": ["trunk0"]}', [`uplink: ["trunk0"]: ${UPLINK_RULE}`]],
    ['{"uplink": ""}', [`uplink.link: "": ${NAME_RULE}`]],
    ['{"uplink": "a/b"}', [`uplink.link: "a/b": ${NAME_RULE}`]],
    ['{"uplink": {"link": "sixteen-bytes-ab"}}', [`uplink.link: "sixteen-bytes-ab": ${NAME_RULE}`]],
    ['{"uplink": {"link": "trunk0", "vids": "some"}}', [`uplink.vids: "some": ${VIDS_RULE}`]],
    ['{"uplink": {"link": "trunk0", "vids": []}}', [`uplink.vids: []: ${VIDS_RULE}`]],
    ['{"uplink": {"link": "trunk0", "vids": 100}}', [`uplink.vids: 100: ${VIDS_RULE}`]],
    ['{"uplink": {"link": "trunk0", "vids": [0]}}', [`uplink.vids[0]: 0: ${VID_RULE}`]],
    [
      '{"uplink": {"link": "trunk0", "vids": [100, 4095, "210-200", "0-5", "1-4095"]}}',
      [
        `uplink.vids[1]: 4095: ${VID_RULE}`,
        `uplink.vids[2]: "210-200": ${VID_RULE}`,
        `uplink.vids[3]: "0-5": ${VID_RULE}`,
        `uplink.vids[4]: "1-4095": ${VID_RULE}`,
      ],
    ],
    [
      '{"uplink": {"link": "trunk0", "vids": ["a", " 5", "1-2-3", -1, true, null]}}',
      [
        `uplink.vids[0]: "a": ${VID_RULE}`,
        `uplink.vids[1]: " 5": ${VID_RULE}`,
        `uplink.vids[2]: "1-2-3": ${VID_RULE}`,
        `uplink.vids[3]: -1: ${VID_RULE}`,
        `uplink.vids[4]: true: ${VID_RULE}`,
        `uplink.vids[5]: null: ${VID_RULE}`,
      ],
    ],
    ['{"uplink": {"link": "trunk0", "vids": [1e2]}}', [`uplink.vids[0]: 1e2: ${VID_RULE}`]],
  ])('is refused in %s with every problem', (config, problems) => {
    expect(readUplink(parse(config))).toEqual({ problems });
  });

  test('is refused without a link', () => {
    const { problems = [] } = readUplink({ uplink: { vids: 'all' } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^uplink\.link: /);
  });
});

function withVids(...ranges: readonly (readonly [number, number])[]) {
  return { link: 'trunk0', vids: ranges.map(([first, last]) => ({ first, last })) };
}

function parse(config: string): unknown {
  return parseJson(config, 'network configuration');
}
