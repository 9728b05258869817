import { host } from './host.ts';

// What the program uses of node:path.

export function dirname(path: string): string {
  const end = path.replace(/\/+$/, '').lastIndexOf('/');
  if (end <= 0) return end === 0 ? '/' : '.';
  return path.slice(0, end);
}

/** The absolute path of the last part, as seen from the one before it and so on. */
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
