// Compares every kernel number in src/sys, src/netlink and src/rtnetlink with the C headers of this machine: npm run uapi
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../project/root.ts';

type Constant = { readonly file: string; readonly name: string; readonly value: string };

const HEADERS = [
  'errno.h',
  'fcntl.h',
  'sched.h',
  'signal.h',
  'stddef.h',
  'stdio.h',
  'sys/file.h',
  'sys/ioctl.h',
  'sys/socket.h',
  'sys/time.h',
  'linux/if.h',
  'linux/if_addr.h',
  'linux/if_arp.h',
  'linux/if_bridge.h',
  'linux/if_link.h',
  'linux/magic.h',
  'linux/neighbour.h',
  'linux/netlink.h',
  'linux/nsfs.h',
  'linux/prctl.h',
  'linux/rtnetlink.h',
  'linux/veth.h',
];

/** The C expressions of the numbers that have no macro of our name. */
const C_EXPRESSIONS: Readonly<Record<string, string>> = {
  ATTRIBUTE_HEADER_LENGTH: 'NLA_HDRLEN',
  ITIMERVAL_SIZE: 'sizeof(struct itimerval)',
  NLA_TYPE_MASK: 'NLA_TYPE_MASK & 0xffff',
  NLMSG_HEADER_LENGTH: 'NLMSG_HDRLEN',
  SOCKADDR_STORAGE_SIZE: 'sizeof(struct sockaddr_storage)',
};

/** Numbers that we chose, and kernel numbers that no user-space header has. */
const OURS = [
  'BLOCK_BYTES',
  'BUSY_ATTEMPTS',
  'BUSY_PAUSE_MS',
  'ERROR_TEXT_SIZE',
  'LOCK_FILE_MODE',
  'MAX_DUMP_ATTEMPTS',
  'MAX_ERRNO',
  'MAX_OUTPUT_BYTES',
  'MAX_PAUSE_MS',
  'MAX_ROUNDS',
  'MAX_UNANSWERED',
  'MIN_PAUSE_MS',
  'RECEIVE_BUFFER_BYTES',
  'REPLY_TIMEOUT_S',
  'ROUNDS',
  'TIMEOUT_MS',
];

const MIN_CONSTANTS = 80;

const USAGE = `usage: npm run uapi

Compares every kernel number in src/sys, src/netlink and src/rtnetlink with the C headers of this machine.
Needs cc and the headers of the kernel and of the C library (Debian packages gcc, linux-libc-dev, libc6-dev).
`;

if (process.argv.length > 2) {
  process.stdout.write(USAGE);
  process.exit(['--help', '-h'].includes(process.argv[2] ?? '') ? 0 : 2);
}
const constants = readConstants();
if (constants.length < MIN_CONSTANTS)
  fail([`only ${constants.length} constants found: this script cannot read them`]);
const expected = valuesInC(constants.map(({ name }) => name));
const mismatches = constants
  .filter(({ name, value }) => !isLiteral(value) || BigInt(value) !== expected.get(name))
  .map(({ file, name, value }) => `${file}: ${name} is ${value}, the C headers say ${expected.get(name)}`);
if (mismatches.length > 0) fail(mismatches);
console.log(`${constants.length} kernel numbers agree with the C headers`);

function readConstants(): readonly Constant[] {
  const files = globSync(['src/sys/*.ts', 'src/netlink/*.ts', 'src/rtnetlink/*.ts'], { cwd: ROOT });
  return files.flatMap((file) => {
    const found = readFileSync(join(ROOT, file), 'utf8').matchAll(
      /^(?:export )?const ([A-Z][A-Z0-9_]*)\b[^=\n]* = (-?\d.*);$/gm,
    );
    const all = [...found].map(([, name = '', value = '']) => ({ file, name, value }));
    return all.filter(({ name }) => !OURS.includes(name));
  });
}

function isLiteral(value: string): boolean {
  return /^(0x[0-9a-f]+|\d+)$/i.test(value);
}

/** Compiles and runs a C program that prints every value. Fails with the compiler's words if the headers lack a name. */
function valuesInC(names: readonly string[]): ReadonlyMap<string, bigint> {
  const includes = HEADERS.map((header) => `#include <${header}>`);
  const lines = names.map(
    (name) => `\tprintf("${name} %llu\\n", (unsigned long long)(${C_EXPRESSIONS[name] ?? name}));`,
  );
  const source = ['#define _GNU_SOURCE', ...includes, 'int main(void)', '{', ...lines, '}', ''].join('\n');
  const folder = mkdtempSync(join(tmpdir(), 'check-uapi-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const program = join(folder, 'values');
  const compiler = spawnSync('cc', ['-o', program, '-x', 'c', '-'], { input: source, encoding: 'utf8' });
  if (compiler.error !== undefined) fail([`cc: ${compiler.error.message}; install gcc`]);
  if (compiler.status !== 0) fail(compiler.stderr.split('\n').filter((line) => line.includes(' error: ')));
  const rows = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
  return new Map(rows.map((row) => row.split(' ')).map(([name = '', value = '']) => [name, BigInt(value)]));
}

function fail(problems: readonly string[]): never {
  console.error(problems.join('\n'));
  process.exit(1);
}
