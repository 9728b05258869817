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

/** Whether the value was written as `{...}`. */
export function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
  );
}
