import { describe, expect, test } from 'vitest';
import type * as z from 'zod/mini';
import { NumberText, parseJson } from '../../src/cni/json.ts';
import { boolean, fields, integer, list, parsedText, problemLine, read, text } from '../../src/cni/schema.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';

function readText<Schema extends z.core.$ZodType>(schema: Schema, json: string) {
  return read(schema, parseJson(json, 'document'));
}

describe('parseJson', () => {
  test.each(['0', '-7', '4294967296', '9007199254740991'])(
    'gives the plain integer %s as a number',
    (source) => {
      expect(parseJson(source, 'document')).toBe(Number(source));
    },
  );

  test.each(['1.5', '1e2', '100.0', '1E0', '9007199254740993', '1e400'])(
    'keeps %s as it was written',
    (source) => {
      expect(parseJson(`[${source}]`, 'document')).toEqual([new NumberText(source)]);
    },
  );

  test.each([
    ['an empty text', ''],
    ['bytes after the document', '{} x'],
    ['a second document', '{}{}'],
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{} // no'],
  ])('refuses %s with code 6 and the name of the document', (_what, source) => {
    const { code, msg } = cniErrorOf(() => parseJson(source, 'prevResult'));
    expect({ code, msg }).toEqual({ code: 6, msg: 'prevResult is not valid JSON' });
  });
});

describe('parseJson of lists and objects in each other', () => {
  const nested = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}"[["${'}]'.repeat(depth / 2)}`;

  test('reads a thousand', () => {
    expect(JSON.stringify(parseJson(nested(1000), 'document'))).toBe(nested(1000));
  });

  test.each([1002, 1_000_000])('refuses %i', (depth) => {
    expect(cniErrorOf(() => parseJson(nested(depth), 'document'))).toEqual({
      code: 6,
      msg: 'document is nested more than 1000 deep',
      details: undefined,
    });
  });

  test('does not count brackets in strings, nor those side by side', () => {
    const long = { text: `${'['.repeat(2000)}"\\"{`, list: Array.from({ length: 2000 }, () => [{}]) };
    expect(parseJson(JSON.stringify(long), 'document')).toEqual(long);
  });
});

describe('list', () => {
  const schema = () => list(fields({ id: text }));

  test('gives every item', () => {
    const items = Array.from({ length: 500 }, (_, index) => ({ id: `${index}` }));
    expect(readText(schema(), JSON.stringify(items))).toEqual({ data: items });
  });

  test('stops after a hundred problems, and says that there may be more', () => {
    const { problems = [] } = readText(schema(), JSON.stringify(Array(300_000).fill({ id: 0 })));
    expect(problems).toHaveLength(101);
    expect(problems[99]).toBe('[99].id: 0: must be a string');
    expect(problems[100]).toMatch(/: may hold more that is wrong$/);
  });

  test('tells a hundred problems, when there are no more, without that', () => {
    const { problems = [] } = readText(schema(), JSON.stringify(Array(100).fill({ id: 0 })));
    expect(problems).toHaveLength(100);
  });
});

describe('fields', () => {
  const schema = fields({ vlan: () => integer({ min: 0, max: 4094 }), minID: text });

  test.each([
    ['keys in any case', '{"VLAN":5,"MinId":"a"}', { vlan: 5, minID: 'a' }],
    ['the last of keys that differ in case', '{"vlan":1,"VLAN":2}', { vlan: 2 }],
    ['the last of equal keys', '{"vlan":1,"vlan":2}', { vlan: 2 }],
    ['null as absent, so that it replaces nothing', '{"vlan":1,"Vlan":null,"minID":null}', { vlan: 1 }],
    ['past unknown keys', '{"other":{"vlan":9},"__proto__":{"vlan":8},"constructor":1}', {}],
  ])('reads %s', (_what, json, data) => {
    expect(readText(schema, json)).toEqual({ data });
  });

  test.each(['null', '[]', '[{"vlan":1}]', '"{}"', '7', '1.5', 'true'])('refuses %s', (json) => {
    expect(readText(schema, json)).toEqual({ problems: [`${json}: must be an object`] });
  });
});

describe('read', () => {
  const vid = () => integer({ min: 1, max: 4094 });
  const schema = fields({
    vlan: () => integer({ min: 0, max: 4094 }),
    vlanTrunk: () => list(fields({ minID: vid, maxID: vid })),
    isGateway: boolean,
    dns: () => fields({ search: () => list(text()) }, { domain: text }),
    mac: () => parsedText((value) => (value === 'good' ? { found: value } : undefined), 'must be good'),
  });

  test('gives the data with parsed texts in their new form', () => {
    const json = '{"vlan":4094,"vlanTrunk":[{"minID":1}],"isGateway":false,"dns":{"domain":""},"mac":"good"}';
    expect(readText(schema, json)).toEqual({
      data: {
        vlan: 4094,
        vlanTrunk: [{ minID: 1 }],
        isGateway: false,
        dns: { domain: '' },
        mac: { found: 'good' },
      },
    });
  });

  test('tells every problem at once with path, value and what is allowed', () => {
    const json = '{"vlan":4095,"vlanTrunk":[{"minID":0,"maxID":"9"},null],"isGateway":1,"mac":"bad"}';
    expect(readText(schema, json)).toEqual({
      problems: [
        'vlan: 4095: must be a whole number from 0 to 4094',
        'vlanTrunk[0].minID: 0: must be a whole number from 1 to 4094',
        'vlanTrunk[0].maxID: "9": must be a whole number from 1 to 4094',
        'vlanTrunk[1]: null: must be an object',
        'isGateway: 1: must be true or false',
        'mac: "bad": must be good',
      ],
    });
  });

  test.each([
    ['a missing key', '{"dns":{}}', 'dns.domain: missing: must be a string'],
    ['a key that is only null', '{"dns":{"domain":null}}', 'dns.domain: missing: must be a string'],
    ['a number with an exponent', '{"vlan":1e2}', 'vlan: 1e2: must be a whole number from 0 to 4094'],
    ['a number with a fraction', '{"vlan":100.0}', 'vlan: 100.0: must be a whole number from 0 to 4094'],
    ['a negative number', '{"vlan":-1}', 'vlan: -1: must be a whole number from 0 to 4094'],
    ['true in place of a number', '{"vlan":true}', 'vlan: true: must be a whole number from 0 to 4094'],
    ['a text in place of a boolean', '{"isGateway":"false"}', 'isGateway: "false": must be true or false'],
    [
      'an object in place of a list',
      '{"vlanTrunk":{"minID":1e2}}',
      'vlanTrunk: {"minID":100}: must be a list',
    ],
    [
      'null in a list of texts',
      '{"dns":{"domain":"","search":[null]}}',
      'dns.search[0]: null: must be a string',
    ],
    ['a number in place of a parsed text', '{"mac":7}', 'mac: 7: must be good'],
    ['a long value cut short', `{"mac":"${'x'.repeat(100)}"}`, `mac: "${'x'.repeat(79)}...: must be good`],
  ])('tells of %s', (_what, json, problem) => {
    expect(readText(schema, json)).toEqual({ problems: [problem] });
  });
});

test.each([
  [['vlanTrunk', 0, 'minID'], 0, 'vlanTrunk[0].minID: 0: must be more'],
  [['CNI_ARGS', 'IP'], 'a"b', 'CNI_ARGS.IP: "a\\"b": must be more'],
  [['vlan'], undefined, 'vlan: missing: must be more'],
  [[], [], '[]: must be more'],
])('problemLine puts path %j and value %j in front of what is allowed', (path, value, line) => {
  expect(problemLine(path, value, 'must be more')).toBe(line);
});
