import { joinEntries, type VlanEntry } from '../../rtnetlink/bridge-vlan.ts';

/** VIDs `first` to `last`, both included. */
export type VidRange = { readonly first: number; readonly last: number };

/** The keys of the configuration about the VLANs of a port. */
export type VlanConf = {
  /** The port's PVID, untagged; 0 = none. */
  readonly vlan: number;
  /** Tagged VIDs; a VID that is also `vlan` stays the PVID. */
  readonly vlanTrunk: readonly VidRange[];
  readonly preserveDefaultVlan: boolean;
};

/** Whether the configuration asks for VLANs, and so needs a bridge that filters VLANs. */
export function wantsVlans({ vlan, vlanTrunk }: VlanConf): boolean {
  return vlan !== 0 || vlanTrunk.length > 0;
}

/**
 * Lists all VLAN entries that the port must have, ascending. Adjacent entries with the same flags are joined.
 * @param defaultPvid the VID that the kernel gives to each port that joins the bridge; 0 = none
 */
export function portVlans(conf: VlanConf, defaultPvid: number): readonly VlanEntry[] {
  const inherited = {
    vid: defaultPvid,
    endVid: defaultPvid,
    pvid: true,
    untagged: true,
  };
  if (!wantsVlans(conf)) return defaultPvid === 0 ? [] : [inherited];
  const untagged: VlanEntry[] = [];
  if (conf.vlan !== 0)
    untagged.push({
      vid: conf.vlan,
      endVid: conf.vlan,
      pvid: true,
      untagged: true,
    });
  if (conf.preserveDefaultVlan && defaultPvid !== 0 && defaultPvid !== conf.vlan) {
    untagged.push({ ...inherited, pvid: conf.vlan === 0 });
  }
  const taken = untagged.map(({ vid }) => vid);
  const tagged = conf.vlanTrunk.flatMap((range) => without(range, taken));
  return joinEntries([...untagged, ...tagged.map(taggedEntry)]);
}

/** Returns the parts of a range without the given VIDs. */
function without(range: VidRange, vids: readonly number[]): readonly VidRange[] {
  const split = (parts: readonly VidRange[], vid: number): readonly VidRange[] =>
    parts.flatMap(({ first, last }) =>
      vid < first || vid > last
        ? [{ first, last }]
        : [
            { first, last: vid - 1 },
            { first: vid + 1, last },
          ].filter((part) => part.first <= part.last),
    );
  return vids.reduce(split, [range]);
}

function taggedEntry({ first, last }: VidRange): VlanEntry {
  return { vid: first, endVid: last, pvid: false, untagged: false };
}
