/** Variables that a JavaScript engine or the C library would obey. */
export function engineVariables(folder: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: '--require /nonexistent --no-such-flag',
    NODE_PATH: folder,
    NODE_DEBUG: '*',
    NODE_EXTRA_CA_CERTS: '/nonexistent',
    NODE_PENDING_DEPRECATION: '1',
    NODE_V8_COVERAGE: folder,
    UV_THREADPOOL_SIZE: 'many',
    BUN_BE_BUN: '1',
    BUN_OPTIONS: '--preload=/nonexistent',
    BUN_INSPECT_PRELOAD: '/nonexistent',
    LC_ALL: 'xx_XX.UTF-8',
    FORCE_COLOR: '1',
    HOME: '/nonexistent',
    TMPDIR: '/nonexistent',
  };
}
