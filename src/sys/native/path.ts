import { host } from './host.ts';

// The part of node:path that the program uses.

export function dirname(path: string): string {
  const end = path.replace(/\/+$/, '').lastIndexOf('/');
  if (end <= 0) return end === 0 ? '/' : '.';
  return path.slice(0, end);
}

/** Returns the absolute path of the parts, each relative to the earlier ones. */
export function resolve(...parts: readonly string[]): string {
  const last = parts.findLastIndex((part) => part.startsWith('/'));
  const from = last === -1 ? [`${host.cwd()}`, ...parts] : parts.slice(last);
  const names: string[] = [];
  for (const name of from.join('/').split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}
