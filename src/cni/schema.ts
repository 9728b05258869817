import * as z from 'zod/mini';
import { isObject, NumberText } from './json.ts';
import { knownKeys } from './known-keys.ts';

/** Makes the schema of a value. */
export type MakeSchema = () => z.core.$ZodType;
type Shape = Readonly<Record<string, MakeSchema>>;
/** The type of the output of a schema. */
export type Value<Make extends MakeSchema> = z.core.output<ReturnType<Make>>;
type Fields<Optional extends Shape, Required extends Shape> = {
  readonly [Key in keyof Optional]?: Value<Optional[Key]> | undefined;
} & { readonly [Key in keyof Required]: Value<Required[Key]> };

const made = new Map<MakeSchema, z.core.$ZodType>();

/** Returns the schema of the function. Makes it at the first call only: making a schema takes longer than using it. */
export function schemaOf<Make extends MakeSchema>(make: Make): ReturnType<Make> {
  let schema = made.get(make);
  if (schema === undefined) {
    schema = make();
    made.set(make, schema);
  }
  return schema as ReturnType<Make>;
}

/**
 * An object with these keys, read as Go's encoding/json does: keys match in any case, the last of equal keys counts, null is
 * the same as absent, unknown keys are skipped. The schema of a key is made when it is first needed.
 * @param optional the keys that may be absent
 * @param required the keys that must be present
 */
export function fields<Optional extends Shape, Required extends Shape = Record<never, never>>(
  optional: Optional,
  required?: Required,
) {
  const shape: Shape = { ...required, ...optional };
  const keys = Object.keys(shape);
  const isRequired = (key: string): boolean => required !== undefined && key in required;
  const readFields = z.transform((value: unknown, context) => {
    if (!isObject(value)) return refuse(context, value, 'must be an object');
    const found = knownKeys(shape, value);
    const data: Record<string, unknown> = {};
    for (const key of keys) {
      if (!(key in found) && !isRequired(key)) continue;
      const outcome = parse(schemaOf(shape[key] as MakeSchema), found[key]);
      // Not `push(...issues)`: a hundred thousand arguments overflow the stack.
      for (const issue of outcome.error?.issues ?? []) context.issues.push(below(key, issue));
      data[key] = outcome.data;
    }
    return data;
  });
  return readFields as z.ZodMiniTransform<Fields<Optional, Required>, unknown>;
}

/** Prepends a key or an index to the path of an issue. */
function below(key: string | number, { message, input, path }: z.core.$ZodIssue) {
  return { code: 'custom' as const, message, input, path: [key, ...path] };
}

/** A whole number from `min` to `max`, written as plain digits. */
export function integer({ min, max }: { readonly min: number; readonly max: number }) {
  const isAllowed = (value: unknown) => typeof value === 'number' && value >= min && value <= max;
  return z.custom<number>(isAllowed, {
    error: `must be a whole number from ${min} to ${max}`,
  });
}

/** `true` or `false`; 0 and "false" are refused. */
export function boolean() {
  return z.boolean({ error: 'must be true or false' });
}

/** Any string, the empty one included. */
export function text() {
  return z.string({ error: 'must be a string' });
}

/** A string that `parse` converts. When `parse` returns `undefined` the string is refused with the words of `allowed`. */
export function parsedText<Output>(parse: (value: string) => Output | undefined, allowed: string) {
  const read = z.transform((value: string, context) => parse(value) ?? refuse(context, value, allowed));
  return z.pipe(z.string({ error: allowed }), read as z.ZodMiniTransform<Output, string>);
}

/** A list. A null item is checked like any other value. After MOST_PROBLEMS problems the rest is not checked. */
export function list<Item extends z.core.$ZodType>(item: Item) {
  const readList = z.transform((value: unknown, context) => {
    if (!Array.isArray(value)) return refuse(context, value, 'must be a list');
    const items: unknown[] = [];
    for (const [index, content] of value.entries()) {
      if (context.issues.length >= MOST_PROBLEMS) return refuse(context, value, 'may have more problems');
      const outcome = parse(item, content);
      for (const issue of outcome.error?.issues ?? []) context.issues.push(below(index, issue));
      items.push(outcome.data);
    }
    return items;
  });
  return readList as z.ZodMiniTransform<z.core.output<Item>[], unknown>;
}

const MOST_PROBLEMS = 100;

/** A schema with an additional rule. @param problem checks the output of the schema; returns `undefined` when it is allowed */
export function checked<Schema extends z.core.$ZodType>(
  schema: Schema,
  problem: (data: z.core.output<Schema>) => string | undefined,
) {
  const readChecked = z.transform((value: unknown, context) => {
    const data = parseInside(schema, value, context);
    const found = data === undefined ? undefined : problem(data);
    return found === undefined ? data : refuse(context, value, found);
  });
  return readChecked as z.ZodMiniTransform<z.core.output<Schema>, unknown>;
}

/** Checks a value by another schema inside of a transform. @returns `undefined` after adding the problems to the context */
export function parseInside<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
  context: z.core.ParsePayload,
): z.core.output<Schema> | undefined {
  const outcome = parse(schema, value);
  // Not `push(...issues)`: a hundred thousand arguments overflow the stack.
  for (const { message, input, path } of outcome.error?.issues ?? [])
    context.issues.push({ code: 'custom', message, input, path });
  return outcome.data;
}

/** Reads any value as `undefined`: for a key that this configuration does not use. */
export function ignored() {
  return z.transform((): undefined => undefined);
}

/** Adds the problem of a value to the context. @returns z.NEVER, for the transform to return */
export function refuse(context: z.core.ParsePayload, input: unknown, message: string): never {
  context.issues.push({ code: 'custom', input, message });
  return z.NEVER;
}

/** The output of a schema, or every problem as a line `path: value: rule`. */
export type Reading<Data> =
  | { readonly data: Data; readonly problems?: never }
  | { readonly data?: never; readonly problems: readonly string[] };

/**
 * Checks a value by a schema made of the functions above. Returns all problems at once.
 * @param path the path of the value in its document; each line begins with it
 */
export function read<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
  path: readonly PropertyKey[] = [],
): Reading<z.core.output<Schema>> {
  const outcome = parse(schema, value);
  if (outcome.success) return { data: outcome.data };
  const line = (issue: z.core.$ZodIssue) => problemLine([...path, ...issue.path], issue.input, issue.message);
  return { problems: outcome.error.issues.map(line) };
}

function parse<Schema extends z.core.$ZodType>(schema: Schema, value: unknown) {
  // Without jitless zod compiles the schema, which is slower for a single use.
  return z.safeParse(schema, value, { reportInput: true, jitless: true });
}

/**
 * Formats one line about one value: `vlanTrunk[0].minID: 0: must be a whole number from 1 to 4094`.
 * @param path keys and indices from the top; with an empty path the line has only value and rule
 * @param value `undefined` when the key is missing
 */
export function problemLine(path: readonly PropertyKey[], value: unknown, allowed: string): string {
  const pathText = path.map(formatKey).join('').replace(/^\./, '');
  return [pathText, show(value), allowed].filter((part) => part !== '').join(': ');
}

function formatKey(key: PropertyKey): string {
  return typeof key === 'number' ? `[${key}]` : `.${String(key)}`;
}

const longestValue = 80;

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const shown = value instanceof NumberText ? value.source : JSON.stringify(value);
  return shown.length > longestValue ? `${shown.slice(0, longestValue)}...` : shown;
}
