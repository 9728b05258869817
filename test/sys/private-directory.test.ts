import { expect, test, vi } from 'vitest';
import { inPrivateRun } from './in-private-run.ts';

// A process is started for each test.
vi.setConfig({ testTimeout: 60_000 });

type Modules = typeof import('../../src/sys/run-file.ts') & typeof import('node:fs');
type Load = (path: string) => Promise<Modules>;

test('a file is there whole once it is written, for us alone, and nothing else is', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { readdirSync, statSync } = await load('node:fs');
    const { readRunFile, writeRunFile } = await load('sys/run-file.ts');
    writeRunFile('a.record', 'one');
    writeRunFile('a.record', 'other');
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    const modes = ['/run/vlan-bridge', '/run/vlan-bridge/a.record'].map(mode);
    return { text: readRunFile('a.record'), names: readdirSync('/run/vlan-bridge'), modes };
  });
  expect(shown).toEqual({ text: 'other', names: ['a.record'], modes: ['700', '600'] });
});

test('a file that a killed process has left half written is in nobody’s way', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { mkdirSync, writeFileSync } = await load('node:fs');
    const { listRunFiles, readRunFile, writeRunFile } = await load('sys/run-file.ts');
    mkdirSync('/run/vlan-bridge', { mode: 0o700 });
    writeFileSync(`/run/vlan-bridge/a.record.${process.pid}`, 'ha');
    const before = listRunFiles('.record');
    writeRunFile('a.record', 'whole');
    return { before, after: listRunFiles('.record'), text: readRunFile('a.record') };
  });
  expect(shown).toEqual({ before: [], after: ['a.record'], text: 'whole' });
});

test('nothing is there before anything is written, and after it is removed', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { listRunFiles, readRunFile, removeRunFile, writeRunFile } = await load('sys/run-file.ts');
    const look = () => ({ names: listRunFiles('.record'), found: readRunFile('a.record') !== undefined });
    const first = look();
    removeRunFile('a.record');
    writeRunFile('a.record', 'text');
    writeRunFile('b.other', 'text');
    const second = look();
    removeRunFile('a.record');
    removeRunFile('a.record');
    return [first, second, look()];
  });
  const none = { names: [], found: false };
  expect(shown).toEqual([none, { names: ['a.record'], found: true }, none]);
});

test('a folder that others could tamper with is refused', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { chmodSync, mkdirSync } = await load('node:fs');
    const { listRunFiles, readRunFile, writeRunFile } = await load('sys/run-file.ts');
    mkdirSync('/run/vlan-bridge');
    chmodSync('/run/vlan-bridge', 0o777);
    const uses = [
      () => writeRunFile('a.record', 'text'),
      () => readRunFile('a.record'),
      () => listRunFiles('.record'),
    ];
    return uses.map((use) => {
      try {
        return use();
      } catch (error) {
        return (error as Error).message;
      }
    });
  });
  const problem = 'lock directory "/run/vlan-bridge" is writable by others';
  expect(shown).toEqual([problem, problem, problem]);
});

test('what is no file of ours is not read, and what was in the way of a file is not written to', () => {
  const shown = inPrivateRun(async (load: Load) => {
    const { chownSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } =
      await load('node:fs');
    const { readRunFile, writeRunFile } = await load('sys/run-file.ts');
    const folder = '/run/vlan-bridge';
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync('/run/precious', 'text');
    symlinkSync('/run/precious', `${folder}/link`);
    symlinkSync('/run/precious', `${folder}/a.record.${process.pid}`);
    writeFileSync(`${folder}/foreign`, '');
    chownSync(`${folder}/foreign`, 12345, 0);
    mkdirSync(`${folder}/folder`);
    const outcome = (use: () => unknown) => {
      try {
        return use();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const read = ['link', 'foreign', 'folder'].map((name) => outcome(() => readRunFile(name)));
    writeRunFile('a.record', 'ours');
    const written = outcome(() => writeRunFile('folder', 'ours'));
    const precious = readFileSync('/run/precious', 'utf8');
    return { read, written, precious, names: readdirSync(folder).sort() };
  });
  expect(shown).toEqual({
    read: [
      'open "/run/vlan-bridge/link": ELOOP (too many levels of symbolic links)',
      '"/run/vlan-bridge/foreign" belongs to uid 12345',
      '"/run/vlan-bridge/folder" is not a regular file',
    ],
    written: 'rename "/run/vlan-bridge/folder": EISDIR (is a directory)',
    precious: 'text',
    names: ['a.record', 'folder', 'foreign', 'link'],
  });
});
