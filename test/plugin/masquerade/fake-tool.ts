import type { RunTool } from '../../../src/plugin/masquerade/host-tools.ts';

type Call = { readonly command: string; readonly input: string };

/** A host's program that prints what is given for its command line, and nothing where nothing is; and how it was called. */
export function fakeTool(outputs: Readonly<Record<string, string>>): {
  readonly run: RunTool;
  readonly calls: readonly Call[];
} {
  const calls: Call[] = [];
  const run: RunTool = (name, args, input = '') => {
    const command = [name, ...args].join(' ');
    calls.push({ command, input });
    return outputs[command] ?? '';
  };
  return { run, calls };
}
