import * as z from 'zod/mini';
import { isTooDeep, MAX_DEPTH } from './depth.ts';
import { CniError, errorCode } from './error.ts';

/** A JSON number that is not the plain literal of a safe integer (`1.5`, `1e2`, `100.0`), as it was written. */
export class NumberText {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** Its nearest double, for showing it inside of a longer value. */
  toJSON(): number {
    return Number(this.source);
  }
}

/**
 * Reads a JSON document whose numbers may have to be integers: the plain ones come as numbers, all others as NumberText.
 *
 * @param what the document's name in the message, such as `network configuration`.
 * @throws CniError 6 when the text is not one JSON document, or when more than 1,000 lists and objects stand in each other.
 */
export function parseJson(text: string, what: string): unknown {
  if (isTooDeep(text))
    throw new CniError(errorCode.decodingFailure, `${what} is nested more than ${MAX_DEPTH} deep`);
  try {
    return JSON.parse(text, reviveNumber);
  } catch (cause) {
    throw new CniError(errorCode.decodingFailure, `${what} is not valid JSON`, {
      cause,
    });
  }
}

function reviveNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  return /^-?\d+$/.test(source) && Number.isSafeInteger(value) ? value : new NumberText(source);
}

/** Makes the schema of a value. */
type MakeSchema = () => z.core.$ZodType;
type Shape = Readonly<Record<string, MakeSchema>>;
type Value<Make extends MakeSchema> = z.core.output<ReturnType<Make>>;
type Fields<Optional extends Shape, Required extends Shape> = {
  readonly [Key in keyof Optional]?: Value<Optional[Key]> | undefined;
} & { readonly [Key in keyof Required]: Value<Required[Key]> };

/**
 * An object with these keys as Go's encoding/json reads it: keys match in any case and the last one wins, null is the
 * same as absent, other keys do not matter. Schemas are made when they are needed: making one takes longer than using it.
 *
 * @param optional the keys that may be absent
 * @param required those that may not
 */
export function fields<Optional extends Shape, Required extends Shape = Record<never, never>>(
  optional: Optional,
  required?: Required,
) {
  const shape: Shape = { ...required, ...optional };
  const readFields = z.transform((value: unknown, context) => {
    if (!isObject(value)) return refuse(context, value, 'must be an object');
    const found = known(shape, value);
    const wanted = Object.entries(shape).filter(([key]) => key in found || key in (required ?? {}));
    const entries = wanted.map(([key, make]) => {
      const outcome = parse(make(), found[key]);
      // One by one: all at once would be arguments, of which the stack holds no hundred thousand.
      for (const issue of outcome.error?.issues ?? []) context.issues.push(below(key, issue));
      return [key, outcome.data];
    });
    return Object.fromEntries(entries);
  });
  return readFields as z.ZodMiniTransform<Fields<Optional, Required>, unknown>;
}

/** The issue of a key's value, or of an item, as one of what it is in. */
function below(key: string | number, { message, input, path }: z.core.$ZodIssue) {
  return { code: 'custom' as const, message, input, path: [key, ...path] };
}

/** The values of the keys that the shape has, under the names that they have there. */
function known(shape: Shape, value: object): Readonly<Record<string, unknown>> {
  const keys = new Map(Object.keys(shape).map((key) => [key.toLowerCase(), key]));
  const entries = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(
    entries.flatMap(([name, field]) => {
      const key = keys.get(name.toLowerCase());
      return key === undefined ? [] : [[key, field]];
    }),
  );
}

/** Whether the value was written as `{...}`. */
export function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
  );
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

function refuse(context: z.core.ParsePayload, input: unknown, message: string): never {
  context.issues.push({ code: 'custom', input, message });
  return z.NEVER;
}

/** What a schema made of a value: the data, or every problem as a line `path: value: what is allowed`. */
export type Reading<Data> =
  | { readonly data: Data; readonly problems?: never }
  | { readonly data?: never; readonly problems: readonly string[] };

/** Holds a value against a schema made of the functions above and tells all problems at once. */
export function read<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
): Reading<z.core.output<Schema>> {
  const outcome = parse(schema, value);
  return outcome.success ? { data: outcome.data } : { problems: outcome.error.issues.map(issueLine) };
}

function parse<Schema extends z.core.$ZodType>(schema: Schema, value: unknown) {
  // Compiling a schema only pays when it is used again and again.
  return z.safeParse(schema, value, { reportInput: true, jitless: true });
}

function issueLine(issue: z.core.$ZodIssue): string {
  return problemLine(issue.path, issue.input, issue.message);
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
