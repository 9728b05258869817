/** Kinds of ports by their VLANs: only 100; 100 and 200 tagged; 100 untagged and 200 tagged. */
export type PortKind = 'access' | 'tagged' | 'native';

/** The VLANs of a port, or of another egress of the bridge. */
export type Egress = { readonly untagged?: number; readonly tagged: readonly number[] };

const DROPPED = undefined;

/**
 * Frames by the tags that a pod gives them, outermost first, and the classification of a port: the VLAN, followed by the remaining
 * tags, which the bridge treats as content.
 */
export const TAGGED_FRAMES: readonly {
  readonly tags: string;
  readonly put: Readonly<Record<PortKind, string | undefined>>;
}[] = [
  { tags: '', put: { access: '100', tagged: DROPPED, native: '100' } },
  // A port accepts tagged frames of all its VLANs, including its untagged one.
  { tags: '100', put: { access: '100', tagged: '100', native: '100' } },
  { tags: '200', put: { access: DROPPED, tagged: '200', native: '200' } },
  { tags: '1', put: { access: DROPPED, tagged: DROPPED, native: DROPPED } },
  { tags: '300', put: { access: DROPPED, tagged: DROPPED, native: DROPPED } },
  { tags: '4095', put: { access: DROPPED, tagged: DROPPED, native: DROPPED } },
  // A tag of VLAN 0 has only a priority: the frame counts as untagged.
  { tags: '0', put: { access: '100', tagged: DROPPED, native: '100' } },
  { tags: '0 200', put: { access: '100 200', tagged: DROPPED, native: '100 200' } },
  { tags: '100 100', put: { access: '100 100', tagged: '100 100', native: '100 100' } },
  { tags: '100 200', put: { access: '100 200', tagged: '100 200', native: '100 200' } },
  { tags: '200 100', put: { access: DROPPED, tagged: '200 100', native: '200 100' } },
  { tags: '1 100', put: { access: DROPPED, tagged: DROPPED, native: DROPPED } },
  // Tags of another protocol than the bridge's are content.
  { tags: 'ad100', put: { access: '100 ad100', tagged: DROPPED, native: '100 ad100' } },
  { tags: 'ad200', put: { access: '100 ad200', tagged: DROPPED, native: '100 ad200' } },
  { tags: 'ad100 200', put: { access: '100 ad100 200', tagged: DROPPED, native: '100 ad100 200' } },
  { tags: '100 ad200', put: { access: '100 ad200', tagged: '100 ad200', native: '100 ad200' } },
  { tags: 'old200', put: { access: '100 old200', tagged: DROPPED, native: '100 old200' } },
];

/** The tags of a frame at an egress; undefined when it does not leave there. @param put as in TAGGED_FRAMES */
export function tagsAt({ untagged, tagged }: Egress, put: string | undefined): string | undefined {
  if (put === undefined) return undefined;
  const [vid, ...inside] = put.split(' ');
  if (Number(vid) === untagged) return inside.join(' ');
  return tagged.includes(Number(vid)) ? put : undefined;
}
