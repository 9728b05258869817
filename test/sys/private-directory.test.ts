import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { expect, test } from 'vitest';
import {
  ensurePrivateDirectory,
  listPrivateFiles,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from '../../src/sys/private-directory.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

test('ensurePrivateDirectory makes the last directory of a path alone', () => {
  const directory = temporaryDirectory();
  const error = thrownBy(() => ensurePrivateDirectory(`${directory}/none/run`));
  expect(error).toMatchObject({ name: 'SyscallError', code: 'ENOENT' });
  ensurePrivateDirectory(`${directory}/run`);
  ensurePrivateDirectory(`${directory}/run`);
  expect(readdirSync(directory)).toEqual(['run']);
});

test('writes a file whole, readable for its owner alone, and leaves no other file', () => {
  const directory = newDirectory();
  writePrivateFile(directory, 'a.record', 'one');
  writePrivateFile(directory, 'a.record', 'other');
  const modes = [directory, `${directory}/a.record`].map((path) => (statSync(path).mode & 0o777).toString(8));
  expect(readPrivateFile(directory, 'a.record')).toBe('other');
  expect(readdirSync(directory)).toEqual(['a.record']);
  expect(modes).toEqual(['700', '600']);
});

test('a file that a killed process has half written is replaced', () => {
  const directory = newDirectory();
  mkdirSync(directory, { mode: 0o700 });
  const aside = `a.record.${process.pid}`;
  writeFileSync(`${directory}/${aside}`, 'ha');
  expect(listPrivateFiles(directory)).toEqual([aside]);
  writePrivateFile(directory, 'a.record', 'whole');
  expect(listPrivateFiles(directory)).toEqual(['a.record']);
  expect(readPrivateFile(directory, 'a.record')).toBe('whole');
});

test('finds no file before it is written, nor after it is removed', () => {
  const directory = newDirectory();
  const stored = () => [listPrivateFiles(directory), readPrivateFile(directory, 'a.record')];
  expect(stored()).toEqual([[], undefined]);
  removePrivateFile(directory, 'a.record');
  writePrivateFile(directory, 'a.record', 'text');
  writePrivateFile(directory, 'b.other', 'text');
  expect(stored()).toEqual([['a.record', 'b.other'], 'text']);
  removePrivateFile(directory, 'a.record');
  removePrivateFile(directory, 'a.record');
  expect(stored()).toEqual([['b.other'], undefined]);
});

test.each([
  ['write to', (directory: string) => writePrivateFile(directory, 'a.record', 'text')],
  ['read from', (directory: string) => readPrivateFile(directory, 'a.record')],
  ['list', (directory: string) => listPrivateFiles(directory)],
])('refuses to %s a directory that others may write to', (_what, use) => {
  const directory = newDirectory();
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  expect(thrownBy(() => use(directory))).toMatchObject({
    name: 'UntrustedFile',
    message: `lock directory "${directory}" is writable by others`,
  });
});

test('reads no link, no file of another user and no directory', () => {
  const directory = newDirectory();
  mkdirSync(directory, { mode: 0o700 });
  const precious = `${directory}.precious`;
  writeFileSync(precious, 'text');
  symlinkSync(precious, `${directory}/link`);
  writeFileSync(`${directory}/foreign`, '');
  chownSync(`${directory}/foreign`, 12345, 0);
  mkdirSync(`${directory}/folder`);
  const messages = ['link', 'foreign', 'folder'].map(
    (name) => (thrownBy(() => readPrivateFile(directory, name)) as Error).message,
  );
  expect(messages).toEqual([
    `open "${directory}/link": ELOOP (too many levels of symbolic links)`,
    `"${directory}/foreign" belongs to uid 12345`,
    `"${directory}/folder" is not a regular file`,
  ]);
});

test('does not write through a link that stands in the way, and leaves nothing when it cannot write', () => {
  const directory = newDirectory();
  mkdirSync(directory, { mode: 0o700 });
  const precious = `${directory}.precious`;
  writeFileSync(precious, 'text');
  symlinkSync(precious, `${directory}/a.record.${process.pid}`);
  mkdirSync(`${directory}/folder`);
  writePrivateFile(directory, 'a.record', 'ours');
  expect(thrownBy(() => writePrivateFile(directory, 'folder', 'ours'))).toMatchObject({
    message: `rename "${directory}/folder": EISDIR (is a directory)`,
  });
  expect(readFileSync(precious, 'utf8')).toBe('text');
  expect(readdirSync(directory).toSorted()).toEqual(['a.record', 'folder']);
});

/** The path of a directory that does not exist yet. */
function newDirectory(): string {
  return `${temporaryDirectory()}/run`;
}
