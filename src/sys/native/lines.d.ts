/** Made by the build: for each module of a debug build, the source file and line of each of its lines. */
declare module 'lines.js' {
  export const LINES: Readonly<Record<string, readonly (string | null)[]>>;
}
