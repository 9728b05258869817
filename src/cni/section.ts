import { isObject } from './json.ts';
import { knownKeys } from './known-keys.ts';
import { type MakeSchema, problemLine, read, schemaOf, type Value } from './schema.ts';

/** The keys of an object, each with the schema of its value, or with the section of a nested object. */
export type Section = { readonly [key: string]: MakeSchema | Section };

/** The data of a section. A key that is absent or has a wrong value is undefined. */
export type SectionData<S extends Section> = {
  readonly [Key in keyof S]?:
    | (S[Key] extends MakeSchema ? Value<S[Key]> : S[Key] extends Section ? SectionData<S[Key]> : never)
    | undefined;
};

/** The data, and a line for each wrong value with the path of its key. */
export type SectionReading<S extends Section> = {
  readonly data: SectionData<S>;
  readonly problems: readonly { readonly key: string; readonly line: string }[];
};

/**
 * Reads an object key by key: a wrong value of one key does not stop the reading of the other keys. As in Go's encoding/json
 * keys match in any case, the last of equal keys counts, null counts as absent, unknown keys are skipped.
 * @param path the path of the object in its document
 */
export function readSection<S extends Section>(
  section: S,
  value: unknown,
  path: readonly string[] = [],
): SectionReading<S> {
  const problems: { key: string; line: string }[] = [];
  const data: Record<string, unknown> = {};
  if (!isObject(value)) {
    problems.push({ key: path.join('.'), line: problemLine(path, value, 'must be an object') });
    return { data: data as SectionData<S>, problems };
  }
  const found = knownKeys(section, value);
  for (const [key, part] of Object.entries(section)) {
    if (!(key in found)) continue;
    const keyPath = [...path, key];
    if (typeof part === 'function') {
      const reading = read(schemaOf(part), found[key], keyPath);
      data[key] = reading.data;
      problems.push(...(reading.problems ?? []).map((line) => ({ key: keyPath.join('.'), line })));
    } else {
      const reading = readSection(part, found[key], keyPath);
      data[key] = reading.data;
      problems.push(...reading.problems);
    }
  }
  return { data: data as SectionData<S>, problems };
}
