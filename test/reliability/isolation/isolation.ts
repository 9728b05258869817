/** What ports there are, by what they do with a frame that comes in: VLAN 100 alone; 100 and 200 tagged; 100 untagged and 200 tagged. */
export type PortKind = 'access' | 'tagged' | 'native';

/** The VLANs of a place where frames come out of the bridge. */
export type Egress = { readonly untagged?: number; readonly tagged: readonly number[] };

const NOWHERE = undefined;

/**
 * Frames by the tags that a pod gives them, from the outside in, and where a port puts them: the VLAN, and after it the tags that
 * are left inside, which the bridge carries as it carries any content.
 */
export const TAGGED_FRAMES: readonly {
  readonly tags: string;
  readonly put: Readonly<Record<PortKind, string | undefined>>;
}[] = [
  { tags: '', put: { access: '100', tagged: NOWHERE, native: '100' } },
  // A port takes tagged frames of every VLAN that it is on, its untagged one included.
  { tags: '100', put: { access: '100', tagged: '100', native: '100' } },
  { tags: '200', put: { access: NOWHERE, tagged: '200', native: '200' } },
  { tags: '1', put: { access: NOWHERE, tagged: NOWHERE, native: NOWHERE } },
  { tags: '300', put: { access: NOWHERE, tagged: NOWHERE, native: NOWHERE } },
  { tags: '4095', put: { access: NOWHERE, tagged: NOWHERE, native: NOWHERE } },
  // A tag of VLAN 0 has a priority and no VLAN: the frame counts as untagged.
  { tags: '0', put: { access: '100', tagged: NOWHERE, native: '100' } },
  { tags: '0 200', put: { access: '100 200', tagged: NOWHERE, native: '100 200' } },
  { tags: '100 100', put: { access: '100 100', tagged: '100 100', native: '100 100' } },
  { tags: '100 200', put: { access: '100 200', tagged: '100 200', native: '100 200' } },
  { tags: '200 100', put: { access: NOWHERE, tagged: '200 100', native: '200 100' } },
  { tags: '1 100', put: { access: NOWHERE, tagged: NOWHERE, native: NOWHERE } },
  // Tags of another kind than the bridge's are content.
  { tags: 'ad100', put: { access: '100 ad100', tagged: NOWHERE, native: '100 ad100' } },
  { tags: 'ad200', put: { access: '100 ad200', tagged: NOWHERE, native: '100 ad200' } },
  { tags: 'ad100 200', put: { access: '100 ad100 200', tagged: NOWHERE, native: '100 ad100 200' } },
  { tags: '100 ad200', put: { access: '100 ad200', tagged: '100 ad200', native: '100 ad200' } },
  { tags: 'old200', put: { access: '100 old200', tagged: NOWHERE, native: '100 old200' } },
];

/** The tags that a frame has where it comes out; undefined where it does not. @param put as in TAGGED_FRAMES */
export function tagsAt({ untagged, tagged }: Egress, put: string | undefined): string | undefined {
  if (put === undefined) return undefined;
  const [vid, ...inside] = put.split(' ');
  if (Number(vid) === untagged) return inside.join(' ');
  return tagged.includes(Number(vid)) ? put : undefined;
}
