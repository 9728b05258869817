/** Bytes and the text that they are: WHATWG's decoder puts one U+FFFD in the place of each part that is not UTF-8. */
const DECODED = [
  ['e282ac', '€'],
  ['f09f9880', '😀'],
  ['e282', '\ufffd'],
  ['e28241', '\ufffdA'],
  ['f09f98', '\ufffd'],
  ['c0af', '\ufffd\ufffd'],
  ['eda080', '\ufffd\ufffd\ufffd'],
  ['f4908080', '\ufffd\ufffd\ufffd\ufffd'],
  ['ff41fe', '\ufffdA\ufffd'],
  ['00', '\0'],
  ['', ''],
] as const;

/** Text and its UTF-8: a half of a surrogate pair becomes U+FFFD. */
const ENCODED = [
  ['\ud800', 'efbfbd'],
  ['a\udc00b', '61efbfbd62'],
  ['😀', 'f09f9880'],
  ['é\0', 'c3a900'],
] as const;

/** @returns what was wrong, in words */
export function textProblems(): readonly string[] {
  const decoded = DECODED.filter(([hex, text]) => Buffer.from(hex, 'hex').toString() !== text);
  const encoded = ENCODED.filter(([text, hex]) => Buffer.from(text).toString('hex') !== hex);
  const cut =
    Buffer.from('abc').toString('utf8', 1, 99) === 'bc' && Buffer.from('abc').toString('utf8', 5) === '';
  return [
    ...decoded.map(([hex]) => `${hex} is decoded wrongly`),
    ...encoded.map(([, hex]) => `text is not encoded as ${hex}`),
    ...(cut ? [] : ['the end of the bytes is exceeded']),
  ];
}
