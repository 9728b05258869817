import * as z from 'zod/mini';
import { isObject, NumberText } from './json.ts';
import { knownKeys } from './known-keys.ts';

/** Makes the schema of a value. */
export type MakeSchema = () => z.core.$ZodType;
type Shape = Readonly<Record<string, MakeSchema>>;
/** What the schema makes of a value. */
export type Value<Make extends MakeSchema> = z.core.output<ReturnType<Make>>;
type Fields<Optional extends Shape, Required extends Shape> = {
  readonly [Key in keyof Optional]?: Value<Optional[Key]> | undefined;
} & { readonly [Key in keyof Required]: Value<Required[Key]> };

const made = new Map<MakeSchema, z.core.$ZodType>();

/** The schema that the function makes, made when it is first needed: making one takes longer than using it. */
export function schemaOf<Make extends MakeSchema>(make: Make): ReturnType<Make> {
  let schema = made.get(make);
  if (schema === undefined) {
    schema = make();
    made.set(make, schema);
  }
  return schema as ReturnType<Make>;
}

/**
 * An object with these keys as Go's encoding/json reads it: keys match in any case and the last one wins, null is the
 * same as absent, other keys do not matter. The schema of a key is made when it is needed.
 *
 * @param optional the keys that may be absent
 * @param required those that may not
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
      // One by one: all at once would be arguments, of which the stack holds no hundred thousand.
      for (const issue of outcome.error?.issues ?? []) context.issues.push(below(key, issue));
      data[key] = outcome.data;
    }
    return data;
  });
  return readFields as z.ZodMiniTransform<Fields<Optional, Required>, unknown>;
}

/** The issue of a key's value, or of an item, as one of what it is in. */
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

/** `true` or `false`; neither 0 nor "false" will do. */
export function boolean() {
  return z.boolean({ error: 'must be true or false' });
}

/** Any string, the empty one included. */
export function text() {
  return z.string({ error: 'must be a string' });
}

/** A string that `parse` turns into something better; undefined from it means the string is not `allowed`. */
export function parsedText<Output>(parse: (value: string) => Output | undefined, allowed: string) {
  const read = z.transform((value: string, context) => parse(value) ?? refuse(context, value, allowed));
  return z.pipe(z.string({ error: allowed }), read as z.ZodMiniTransform<Output, string>);
}

/** A list; null in place of an item is as wrong as any other value. After a hundred problems the rest is not looked at. */
export function list<Item extends z.core.$ZodType>(item: Item) {
  const readList = z.transform((value: unknown, context) => {
    if (!Array.isArray(value)) return refuse(context, value, 'must be a list');
    const items: unknown[] = [];
    for (const [index, content] of value.entries()) {
      if (context.issues.length >= MOST_PROBLEMS)
        return refuse(context, value, 'may hold more that is wrong');
      const outcome = parse(item, content);
      for (const issue of outcome.error?.issues ?? []) context.issues.push(below(index, issue));
      items.push(outcome.data);
    }
    return items;
  });
  return readList as z.ZodMiniTransform<z.core.output<Item>[], unknown>;
}

const MOST_PROBLEMS = 100;

/** A schema with one more rule. @param problem what is wrong with what the schema made of the value; undefined: nothing */
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

/** Checks a value by another schema inside of a transform. @returns undefined when it is wrong; the problems are noted then */
export function parseInside<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
  context: z.core.ParsePayload,
): z.core.output<Schema> | undefined {
  const outcome = parse(schema, value);
  // One by one: all at once would be arguments, of which the stack holds no hundred thousand.
  for (const { message, input, path } of outcome.error?.issues ?? [])
    context.issues.push({ code: 'custom', message, input, path });
  return outcome.data;
}

/** Takes any value for an absent one: a key that this configuration does not read. */
export function ignored() {
  return z.transform((): undefined => undefined);
}

/** Notes that a value is not allowed. @returns what a transform returns then */
export function refuse(context: z.core.ParsePayload, input: unknown, message: string): never {
  context.issues.push({ code: 'custom', input, message });
  return z.NEVER;
}

/** What a schema made of a value: the data, or every problem as a line `path: value: what is allowed`. */
export type Reading<Data> =
  | { readonly data: Data; readonly problems?: never }
  | { readonly data?: never; readonly problems: readonly string[] };

/**
 * Checks a value by a schema made of the functions above, and tells all problems at once.
 * @param path where the value stands in its document; the lines begin with it
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
  // Compiling a schema only pays when it is used again and again.
  return z.safeParse(schema, value, { reportInput: true, jitless: true });
}

/**
 * One line about one value: `vlanTrunk[0].minID: 0: must be a whole number from 1 to 4094`.
 *
 * @param path keys and indices from the top; an empty path leaves only value and rule.
 * @param value undefined means the key is missing.
 */
export function problemLine(path: readonly PropertyKey[], value: unknown, allowed: string): string {
  const place = path.map(step).join('').replace(/^\./, '');
  return [place, show(value), allowed].filter((part) => part !== '').join(': ');
}

function step(key: PropertyKey): string {
  return typeof key === 'number' ? `[${key}]` : `.${String(key)}`;
}

const longestValue = 80;

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const shown = value instanceof NumberText ? value.source : JSON.stringify(value);
  return shown.length > longestValue ? `${shown.slice(0, longestValue)}...` : shown;
}
