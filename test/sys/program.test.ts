import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findProgram, isOwnFile, runProgram } from '../../src/sys/program.ts';
import { fixtureBin as bin } from '../helpers/recorded.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { isRunning } from './running.ts';

const answers = join(bin, 'answers');
const silent = { stdout: '', stderr: '' };

/** A program that cannot be run because another process has it open for writing, for as long as that process lives. */
async function busyProgram({ seconds }: { readonly seconds: number }): Promise<string> {
  const file = join(temporaryDirectory(), 'busy');
  copyFileSync(answers, file);
  const writer = spawn('sh', ['-c', `exec 3>>"${file}" && echo open && exec sleep ${seconds}`]);
  const ended = once(writer, 'close');
  onTestFinished(async () => {
    writer.kill('SIGKILL');
    await ended;
  });
  await once(writer.stdout, 'data');
  return file;
}

describe('runProgram', () => {
  test('gives what the program printed, on stdout and on stderr, to the last newline', () => {
    const env = { REPLY: 'yes\n\n', WORDS: 'a word\n' };
    expect(runProgram({ file: answers, env, input: 'text' })).toEqual({
      stdout: 'yes\n\n',
      stderr: 'a word\n',
      failure: undefined,
      exitCode: 0,
    });
  });

  test('hands over arguments, stdin and nothing but the given environment', () => {
    const script = 'printf "%s|" "$0" "$1"; cat; cat /proc/$$/environ';
    const args = ['-c', script, 'first', 'and second'];
    const env = { ONLY: 'this', NOT: undefined };
    expect(runProgram({ file: '/bin/sh', args, env, input: 'größer\n' })).toEqual({
      stdout: 'first|and second|größer\nONLY=this\0',
      stderr: '',
      failure: undefined,
      exitCode: 0,
    });
  });

  test('keeps what a failing program printed', () => {
    const env = { REPLY: 'no', WORDS: 'because', EXIT_CODE: '3' };
    expect(runProgram({ file: answers, env, input: '' })).toEqual({
      stdout: 'no',
      stderr: 'because',
      failure: 'failed with exit code 3',
      exitCode: 3,
    });
  });

  test('succeeds with a program that does not read its stdin', () => {
    const input = 'x'.repeat(1024 * 1024);
    const { failure, exitCode } = runProgram({ file: join(bin, 'ignores-stdin'), env: {}, input });
    expect({ failure, exitCode }).toEqual({ failure: undefined, exitCode: 0 });
  });

  test('keeps the exit code of a failing program that does not read its stdin', () => {
    const output = runProgram({ file: '/bin/false', env: {}, input: 'x'.repeat(1024 * 1024) });
    expect(output).toEqual({ ...silent, failure: 'failed with exit code 1', exitCode: 1 });
  });

  test('kills a program that takes longer than its time', () => {
    const start = performance.now();
    const output = runProgram({ file: join(bin, 'hangs'), env: {}, input: '', timeoutMs: 1000 });
    expect(output).toEqual({
      stdout: '',
      stderr: 'looking for an address\n',
      failure: 'did not end within 1 s',
      exitCode: undefined,
    });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('gives up on a program whose child keeps stdout open, though it has ended itself', () => {
    const args = ['-c', 'sleep 600 & echo $!'];
    const output = runProgram({ file: '/bin/sh', args, env: {}, input: '', timeoutMs: 500 });
    expect(output.failure).toBe('did not end within 0.5 s');
    expect(isRunning(Number(output.stdout))).toBe(false);
  });

  test.each([
    ['stdout', 'exec yes'],
    ['stderr', 'exec yes >&2'],
  ])('kills a program that prints on %s without end', (_stream, script) => {
    const { failure, exitCode } = runProgram({ file: '/bin/sh', args: ['-c', script], env: {}, input: '' });
    expect({ failure, exitCode }).toEqual({
      failure: 'printed more than 4194304 bytes',
      exitCode: undefined,
    });
  });

  test('names the signal that ended a program', () => {
    const { failure, exitCode } = runProgram({ file: join(bin, 'killed'), env: {}, input: '' });
    expect({ failure, exitCode }).toEqual({ failure: 'was ended by SIGSEGV', exitCode: undefined });
  });

  test.each([
    ['is not executable', join(bin, 'not-executable'), 'EACCES'],
    ['is a folder', bin, 'EACCES'],
    ['does not exist', join(bin, 'missing'), 'ENOENT'],
  ])('says why a file that %s cannot be run', (_what, file, code) => {
    const output = runProgram({ file, env: {}, input: '' });
    expect(output).toMatchObject({ failure: `cannot be run (${code})`, exitCode: undefined });
  });

  test('runs a program that is being replaced as soon as that is done', async () => {
    const file = await busyProgram({ seconds: 0.5 });
    expect(runProgram({ file, env: { REPLY: 'yes' }, input: '' })).toEqual({
      stdout: 'yes',
      stderr: '',
      failure: undefined,
      exitCode: 0,
    });
  });

  test('gives up on a program that is being replaced for longer than a second', async () => {
    const file = await busyProgram({ seconds: 60 });
    const output = runProgram({ file, env: {}, input: '' });
    expect(output).toMatchObject({ failure: 'cannot be run (ETXTBSY)', exitCode: undefined });
  });
});

describe('findProgram', () => {
  test('takes the first regular file of the name, even one that cannot be run', () => {
    const root = temporaryDirectory();
    const folders = ['empty', 'folder', 'first', 'second'].map((name) => join(root, name));
    const [, folder = '', first = '', second = ''] = folders;
    for (const path of [folder, join(folder, 'ipam'), first, second]) mkdirSync(path);
    for (const path of [first, second]) writeFileSync(join(path, 'ipam'), '');
    chmodSync(join(first, 'ipam'), 0o600);
    expect(findProgram('ipam', folders)).toBe(join(first, 'ipam'));
  });

  test('finds nothing where no folder has the name', () => {
    expect(findProgram('ipam', [temporaryDirectory(), '/dev/null'])).toBeUndefined();
    expect(findProgram('not\0a name', [temporaryDirectory()])).toBeUndefined();
  });

  test('passes over folders that cannot be looked into', () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'ipam'), '');
    symlinkSync('loop', join(root, 'loop'));
    const folders = [join(root, 'ipam'), join(root, 'loop'), `/${'x'.repeat(5000)}`, root];
    expect(findProgram('ipam', folders)).toBe(join(root, 'ipam'));
  });

  test('gives an absolute path of what is in a relative folder, which is not looked for in PATH again', () => {
    expect(findProgram('answers', [relative(process.cwd(), bin)])).toBe(answers);
  });

  test.each([
    ['too long', 'x'.repeat(5000)],
    ['that holds a zero byte', 'ip\0am'],
  ])('finds nothing by a name %s', (_what, name) => {
    expect(findProgram(name, [temporaryDirectory()])).toBeUndefined();
  });

  test('looks past a folder whose name is too long', () => {
    expect(findProgram('answers', ['x'.repeat(5000), bin])).toBe(answers);
  });
});

describe('isOwnFile', () => {
  test('knows the executable of this process by a link of another name', () => {
    const link = join(temporaryDirectory(), 'other');
    symlinkSync(process.execPath, link);
    expect([process.execPath, link].map(isOwnFile)).toEqual([true, true]);
  });

  test('takes no other file for it, nor one that is missing', () => {
    expect([answers, '/bin/sh', join(bin, 'missing')].map(isOwnFile)).toEqual([false, false, false]);
  });
});
