import { base, newest, type Row } from './row.ts';

/** What stands on stdin in place of a network configuration. */
export const stdinRows: readonly Row[] = [
  [
    'an empty stdin',
    { config: '' },
    6,
    'network configuration is expected on stdin, but stdin is empty',
    newest,
  ],
  [
    'nothing but white space',
    { config: ' \n' },
    6,
    'network configuration is expected on stdin, but stdin is empty',
    newest,
  ],
  [
    'what is not JSON',
    { config: 'bridge: cni0' },
    6,
    'network configuration is not valid JSON',
    { ...newest, details: /./ },
  ],
  [
    'JSON that is cut short',
    { config: '{"name": "a"' },
    6,
    'network configuration is not valid JSON',
    { ...newest, details: /./ },
  ],
  [
    'JSON followed by bytes',
    { config: `${JSON.stringify(base)} {}` },
    6,
    'network configuration is not valid JSON',
    { ...newest, details: /./ },
  ],
  [
    'null',
    { config: 'null' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: 'null: must be an object' },
  ],
  [
    'a list',
    { config: '[]' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: '[]: must be an object' },
  ],
  [
    'a text',
    { config: '"a"' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: '"a": must be an object' },
  ],
  [
    'a number',
    { config: '1.5' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: '1.5: must be an object' },
  ],
  [
    '10 MB',
    { config: JSON.stringify({ ...base, filler: 'x'.repeat(10_000_000) }) },
    6,
    'network configuration is larger than 4194304 bytes',
    newest,
  ],
];
