/** The build makes this module: for each module of a debug build, the source file and line of each line. */
declare module 'lines.js' {
  export const LINES: Readonly<Record<string, readonly (string | null)[]>>;
}
