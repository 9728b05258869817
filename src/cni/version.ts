/** Every CNI specification version this plugin speaks, oldest first. */
export const supportedVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

/** A version of the CNI specification that this plugin speaks. */
export type CniVersion = (typeof supportedVersions)[number];

/** The newest version: the shape of results inside the program, and of replies to inputs without a usable version. */
export const newestVersion: CniVersion = '1.1.0';

/** What a network configuration without `cniVersion` means (SPEC 1.1.0, section 1; the field came with 0.2.0). */
export const unstatedVersion: CniVersion = '0.1.0';

/** Whether the text is, to the letter, a version this plugin speaks; "1.0" is none. */
export function isSupported(version: unknown): version is CniVersion {
  return supportedVersions.some((supported) => supported === version);
}

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`. */
export function compareVersions(a: CniVersion, b: CniVersion): number {
  return supportedVersions.indexOf(a) - supportedVersions.indexOf(b);
}
