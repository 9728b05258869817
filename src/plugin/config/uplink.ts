import * as z from 'zod/mini';
import { isObject } from '../../cni/json.ts';
import { ifnameProblem } from '../../cni/request.ts';
import { fields, parsedText, parseInside, refuse } from '../../cni/schema.ts';
import type { VidRange } from '../vlan/port-vlans.ts';
import type { UplinkConf } from './netconf.ts';

const FIRST_VID = 1;
const LAST_VID = 4094;
const UPLINK_RULE = 'must be a link name, or an object such as {"link": "trunk0", "vids": "attached"}';
const VIDS_RULE = 'must be "attached", "all" or a list of VLANs such as [100, "200-210"]';
const ITEM_RULE = `must be a VLAN from ${FIRST_VID} to ${LAST_VID}, or a range such as "200-210"`;

/** The value of `uplink`: a link name, or `{"link": NAME, "vids": ...}`. */
export function uplinkSchema() {
  const link = () => parsedText(linkName, 'must be a link name');
  const object = fields({ vids: vidsSchema }, { link });
  return z.transform((value: unknown, context): UplinkConf => {
    const written = typeof value === 'string' ? { link: value } : value;
    if (!isObject(written)) return refuse(context, value, UPLINK_RULE);
    const data = parseInside(object, written, context);
    return data === undefined ? z.NEVER : { link: data.link, vids: data.vids ?? 'attached' };
  });
}

function vidsSchema() {
  return z.transform((value: unknown, context): UplinkConf['vids'] => {
    if (value === 'attached') return value;
    if (value === 'all') return [{ first: FIRST_VID, last: LAST_VID }];
    if (!Array.isArray(value) || value.length === 0) return refuse(context, value, VIDS_RULE);
    const ranges = value.map(rangeOf);
    for (const [index, range] of ranges.entries()) {
      if (range === undefined)
        context.issues.push({ code: 'custom', input: value[index], message: ITEM_RULE, path: [index] });
    }
    return ranges.filter((range) => range !== undefined);
  });
}

function linkName(name: string): string | undefined {
  return ifnameProblem(name) === undefined ? name : undefined;
}

function rangeOf(item: unknown): VidRange | undefined {
  const text = typeof item === 'number' || typeof item === 'string' ? `${item}` : '';
  const [, from, to] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const range = { first: Number(from), last: Number(to ?? from) };
  return range.first >= FIRST_VID && range.last <= LAST_VID && range.first <= range.last ? range : undefined;
}
