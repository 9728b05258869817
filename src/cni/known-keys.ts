/** The values of the keys that the shape has, under the names that they have there. Keys match in any case, null is absent. */
export function knownKeys(shape: object, value: object): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(value)) {
    if (fields[name] === null) continue;
    const key = Object.hasOwn(shape, name) ? name : inOtherCase(shape, name);
    if (key !== undefined) found[key] = fields[name];
  }
  return found;
}

function inOtherCase(shape: object, name: string): string | undefined {
  const lower = name.toLowerCase();
  return Object.keys(shape).find((key) => key.toLowerCase() === lower);
}
