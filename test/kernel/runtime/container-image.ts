import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec, type Netns } from '../../helpers/netns.ts';

/** The commands in the image. */
const COMMANDS = ['sh', 'sleep', 'ping', 'ip'];

/** An image with only Debian's static busybox, as `docker save` writes it: its file, and its name after the import. */
export async function makeImage(
  node: Netns,
  folder: string,
): Promise<{ readonly file: string; readonly name: string }> {
  const files = join(folder, 'image/files');
  const layer = join(folder, 'image/layer.tar');
  const file = join(folder, 'image.tar');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp'])
    mkdirSync(join(files, name), { recursive: true });
  copyFileSync('/bin/busybox', join(files, 'bin/busybox'));
  for (const name of COMMANDS) symlinkSync('busybox', join(files, 'bin', name));
  await exec(node, 'tar', ['-C', files, '-cf', layer, '.']);
  const digest = createHash('sha256').update(readFileSync(layer)).digest('hex');
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: ['probe:latest'], Layers: ['layer.tar'] }];
  const documents = { 'config.json': config, 'manifest.json': manifest };
  for (const [name, document] of Object.entries(documents))
    writeFileSync(join(folder, 'image', name), JSON.stringify(document));
  await exec(node, 'tar', ['-C', join(folder, 'image'), '-cf', file, ...Object.keys(documents), 'layer.tar']);
  return { file, name: 'docker.io/library/probe:latest' };
}
