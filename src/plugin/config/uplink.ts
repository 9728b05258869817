import * as z from 'zod/mini';
import { fields, isObject, parsedText, problemLine, type Reading, read } from '../../cni/json.ts';
import { ifnameProblem } from '../../cni/request.ts';
import type { VidRange } from '../vlan/port-vlans.ts';
import type { UplinkConf } from './netconf.ts';

const FIRST_VID = 1;
const LAST_VID = 4094;
const UPLINK_RULE = 'must be a link name, or an object such as {"link": "trunk0", "vids": "attached"}';
const VIDS_RULE = 'must be "attached", "all" or a list of VLANs such as [100, "200-210"]';

/** The `uplink` of a network configuration: a name, or `{"link": NAME, "vids": ...}`; `undefined` where it has none. */
export function readUplink(config: unknown): Reading<UplinkConf | undefined> {
  const { data, problems } = read(fields({ uplink: z.unknown }), config);
  if (data === undefined) return { problems };
  if (data.uplink === undefined) return { data: undefined };
  const { uplink } = data;
  const written = typeof uplink === 'string' ? { link: uplink } : uplink;
  if (!isObject(written)) return { problems: [problemLine(['uplink'], uplink, UPLINK_RULE)] };
  const name = () =>
    parsedText((value) => (ifnameProblem(value) === undefined ? value : undefined), 'must be a link name');
  const reading = read(fields({}, { uplink: () => fields({ vids: z.unknown }, { link: name }) }), {
    uplink: written,
  });
  if (reading.data === undefined) return { problems: reading.problems };
  const { link, vids } = reading.data.uplink;
  const ranges = readVids(vids);
  if (ranges.problems !== undefined) return ranges;
  return { data: { link, vids: ranges.data } };
}

function readVids(vids: unknown): Reading<UplinkConf['vids']> {
  if (vids === undefined || vids === 'attached') return { data: 'attached' };
  if (vids === 'all') return { data: [{ first: FIRST_VID, last: LAST_VID }] };
  if (!Array.isArray(vids) || vids.length === 0)
    return { problems: [problemLine(['uplink', 'vids'], vids, VIDS_RULE)] };
  const ranges = vids.map(rangeOf);
  const problems = ranges.flatMap((range, index) =>
    range === undefined
      ? [
          problemLine(
            ['uplink', 'vids', index],
            vids[index],
            `must be a VLAN from ${FIRST_VID} to ${LAST_VID}, or a range such as "200-210"`,
          ),
        ]
      : [],
  );
  return problems.length > 0 ? { problems } : { data: ranges.filter((range) => range !== undefined) };
}

function rangeOf(item: unknown): VidRange | undefined {
  const [, from, to] =
    /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(
      typeof item === 'number' || typeof item === 'string' ? `${item}` : '',
    ) ?? [];
  if (from === undefined) return undefined;
  const range = { first: Number(from), last: Number(to ?? from) };
  return range.first >= FIRST_VID && range.last <= LAST_VID && range.first <= range.last ? range : undefined;
}
