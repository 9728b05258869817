/** Less than what overflows the stack of an engine, when it reads such a value or writes it into a message. */
export const MAX_DEPTH = 1000;

/** Whether more lists and objects than that stand in each other in a JSON document. */
export function isTooDeep(text: string): boolean {
  // Each list and object is two characters at least.
  if (text.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length && depth <= MAX_DEPTH; at += 1) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted && char === '\\') at += 1;
    else if (!quoted && (char === '[' || char === '{')) depth += 1;
    else if (!quoted && (char === ']' || char === '}')) depth -= 1;
  }
  return depth > MAX_DEPTH;
}
