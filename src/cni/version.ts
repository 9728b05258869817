/** Every version of the CNI specification that this plugin supports, oldest first. */
export const supportedVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

/** A version of the CNI specification that this plugin supports. */
export type CniVersion = (typeof supportedVersions)[number];

/** The newest version: of results inside the program, and of replies to inputs without a supported version. */
export const newestVersion: CniVersion = '1.1.0';

/** The version of a network configuration without `cniVersion` (SPEC 1.1.0, section 1; 0.2.0 introduced the key). */
export const unstatedVersion: CniVersion = '0.1.0';

/** Whether the value is exactly one of the supported versions; "1.0" is not. */
export function isSupported(version: unknown): version is CniVersion {
  return supportedVersions.some((supported) => supported === version);
}

/**
 * Compares two versions. Returns a negative number, zero or a positive number when `a` is older than, equal to or newer than
 * `b`.
 */
export function compareVersions(a: CniVersion, b: CniVersion): number {
  return supportedVersions.indexOf(a) - supportedVersions.indexOf(b);
}
