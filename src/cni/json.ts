import { isTooDeep, MAX_DEPTH } from './depth.ts';
import { CniError, errorCode } from './error.ts';

/** The source text of a JSON number that is not the plain literal of a safe integer, such as `1.5`, `1e2` or `100.0`. */
export class NumberText {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** Returns the nearest double, so that JSON.stringify can write a value that contains this number. */
  toJSON(): number {
    return Number(this.source);
  }
}

/**
 * Parses a JSON document. Literals of safe integers become numbers; all other numbers become NumberText.
 * @param name the document's name in the message, such as `network configuration`
 * @throws CniError 6 when the text is not one JSON document, or nests lists and objects more than 1,000 deep
 */
export function parseJson(text: string, name: string): unknown {
  if (isTooDeep(text))
    throw new CniError(errorCode.decodingFailure, `${name} is nested more than ${MAX_DEPTH} deep`);
  try {
    return JSON.parse(text, reviveNumber);
  } catch (cause) {
    throw new CniError(errorCode.decodingFailure, `${name} is not valid JSON`, {
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
