import type { PluginCall } from '../../helpers/run-plugin.ts';
import { idRule, newest, type Row } from './row.ts';

const characterRule = 'must not contain "/", ":", "%", white space or control characters';
const verbs = { ...newest, details: 'CNI_COMMAND must be one of ADD, DEL, CHECK, GC, STATUS, VERSION' };

const withoutVariable = (name: string): Partial<PluginCall> => ({ env: { [name]: undefined } });

/** Environment variables that are missing or malformed. */
export const environmentRows: readonly Row[] = [
  [
    'a missing CNI_CONTAINERID',
    withoutVariable('CNI_CONTAINERID'),
    4,
    'required env variables [CNI_CONTAINERID] missing',
    newest,
  ],
  [
    'an empty CNI_CONTAINERID',
    { containerId: '' },
    4,
    'required env variables [CNI_CONTAINERID] missing',
    newest,
  ],
  [
    'a missing CNI_NETNS',
    withoutVariable('CNI_NETNS'),
    4,
    'required env variables [CNI_NETNS] missing',
    newest,
  ],
  [
    'a missing CNI_IFNAME',
    withoutVariable('CNI_IFNAME'),
    4,
    'required env variables [CNI_IFNAME] missing',
    newest,
  ],
  [
    'all variables missing',
    { env: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined, CNI_PATH: undefined } },
    4,
    'required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing',
    newest,
  ],
  [
    'DEL with all variables missing, of which it needs two',
    { verb: 'DEL', env: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined } },
    4,
    'required env variables [CNI_CONTAINERID,CNI_IFNAME] missing',
    newest,
  ],
  [
    'a missing and two malformed variables',
    { containerId: '-a', ifname: 'a b', env: { CNI_NETNS: undefined } },
    4,
    `required env variables [CNI_NETNS] missing; CNI_CONTAINERID "-a" ${idRule}; CNI_IFNAME "a b" ${characterRule}`,
    newest,
  ],
  ['a container ID with a slash', { containerId: 'a/b' }, 4, `CNI_CONTAINERID "a/b" ${idRule}`, newest],
  [
    'a container ID that begins with a dot',
    { containerId: '.a' },
    4,
    `CNI_CONTAINERID ".a" ${idRule}`,
    newest,
  ],
  [
    'a container ID with a line break at its end',
    { containerId: 'a\n' },
    4,
    `CNI_CONTAINERID "a\\n" ${idRule}`,
    newest,
  ],
  [
    'a template of the kernel as link name',
    { ifname: 'net%d' },
    4,
    `CNI_IFNAME "net%d" ${characterRule}`,
    newest,
  ],
  [
    'a link name of 16 bytes',
    { ifname: 'a-link-of-16-byt' },
    4,
    'CNI_IFNAME "a-link-of-16-byt" must be 1 to 15 bytes long',
    newest,
  ],
  [
    'a link name of 16 bytes in 15 characters',
    { ifname: 'a-link-of-15-bé' },
    4,
    'CNI_IFNAME "a-link-of-15-bé" must be 1 to 15 bytes long',
    newest,
  ],
  ['"." as link name', { ifname: '.' }, 4, 'CNI_IFNAME "." must not be "." or ".."', newest],
  ['".." as link name', { ifname: '..' }, 4, 'CNI_IFNAME ".." must not be "." or ".."', newest],
  ['a link name with a slash', { ifname: 'a/b' }, 4, `CNI_IFNAME "a/b" ${characterRule}`, newest],
  ['a link name with a colon', { ifname: 'a:b' }, 4, `CNI_IFNAME "a:b" ${characterRule}`, newest],
  ['a link name with a tab', { ifname: 'a\tb' }, 4, `CNI_IFNAME "a\\tb" ${characterRule}`, newest],
  [
    'a link name with white space of Unicode',
    { ifname: 'a\u2003b' },
    4,
    `CNI_IFNAME "a\u2003b" ${characterRule}`,
    newest,
  ],
  ['an unknown command', { verb: 'ATTACH' }, 4, 'unknown CNI_COMMAND: ATTACH', verbs],
  ['a command in lower case', { verb: 'add' }, 4, 'unknown CNI_COMMAND: add', verbs],
  ['a command that every object has', { verb: 'constructor' }, 4, 'unknown CNI_COMMAND: constructor', verbs],
];
