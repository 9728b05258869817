/** Deeper values overflow the stack of an engine when JSON.parse reads them or JSON.stringify writes them. */
export const MAX_DEPTH = 1000;

/** Whether a JSON document nests lists and objects more than MAX_DEPTH deep. */
export function isTooDeep(text: string): boolean {
  // Each list and object takes at least two characters.
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
