import { CniError, errorCode } from './error.ts';
import type { Input } from './input.ts';
import { fields, read, text } from './schema.ts';
import {
  type CniVersion,
  compareVersions,
  isSupported,
  supportedVersions,
  unstatedVersion,
} from './version.ts';

/** A value of CNI_COMMAND, except VERSION, which does not concern a network. */
export type Verb = keyof typeof verbRules;

/** One call of the runtime: its environment and network configuration, checked by the rules of the protocol. */
export type Request = Variables & {
  /** The network's name, matching `namePattern`. */
  readonly network: string;
  readonly cniVersion: CniVersion;
  /** The whole configuration as parsed JSON. Only `name` and `cniVersion` are checked. */
  readonly config: unknown;
  /** The unchanged text of the configuration, for delegates. */
  readonly stdin: string;
};

/** The environment of a request. A variable that the verb does not need is not checked; when absent it is the empty string. */
export type Variables = {
  readonly verb: Verb;
  readonly containerId: string;
  /** Path of the container's network namespace. */
  readonly netns: string;
  readonly ifname: string;
  /** The unchanged value of CNI_ARGS. */
  readonly args: string;
  /** The folders of CNI_PATH, in the order of search. */
  readonly path: readonly string[];
  /** CNI_NETNS_OVERRIDE is TRUE or 1: the container's namespace may be the plugin's own. */
  readonly allowSameNetns: boolean;
  /** The whole unchanged environment, for delegates. */
  readonly environment: Environment;
};

/** An environment in the form of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The pattern of container IDs and network names (SPEC 1.1.0, sections 1 and 2). */
export const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * The required variables of each verb (SPEC 1.1.0, section 2, "Parameters" of each operation) and the version that introduced it.
 * Only GC requires CNI_PATH: the other verbs need it only to run a delegate.
 */
const verbRules = {
  ADD: {
    required: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
    since: '0.1.0',
  },
  DEL: { required: ['CNI_CONTAINERID', 'CNI_IFNAME'], since: '0.1.0' },
  CHECK: {
    required: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
    since: '0.4.0',
  },
  GC: { required: ['CNI_PATH'], since: '1.1.0' },
  STATUS: { required: [], since: '1.1.0' },
} as const satisfies Record<string, { readonly required: readonly string[]; readonly since: CniVersion }>;

/**
 * Reads the variables of a request.
 * @throws CniError 4 for an unknown CNI_COMMAND, or with every missing and every malformed variable
 */
export function readVariables(env: Environment): Variables {
  const verb = requireVerb(env.CNI_COMMAND ?? '');
  const required: readonly string[] = verbRules[verb].required;
  const missing = required.filter((name) => !env[name]);
  const malformed = required.flatMap((name) => {
    const problem = env[name] ? variableProblem(name, env[name]) : undefined;
    return problem === undefined ? [] : [`${name} ${JSON.stringify(env[name])} ${problem}`];
  });
  const problems = [
    ...(missing.length > 0 ? [`required env variables [${missing}] missing`] : []),
    ...malformed,
  ];
  if (problems.length > 0) throw new CniError(errorCode.invalidEnvironment, problems.join('; '));
  return {
    verb,
    containerId: env.CNI_CONTAINERID ?? '',
    netns: env.CNI_NETNS ?? '',
    ifname: env.CNI_IFNAME ?? '',
    args: env.CNI_ARGS ?? '',
    path: (env.CNI_PATH ?? '').split(':').filter((folder) => folder !== ''),
    allowSameNetns: /^(true|1)$/i.test(env.CNI_NETNS_OVERRIDE ?? ''),
    environment: env,
  };
}

function requireVerb(command: string): Verb {
  if (Object.hasOwn(verbRules, command)) return command as Verb;
  const verbs = [...Object.keys(verbRules), 'VERSION'].join(', ');
  const problem =
    command === '' ? 'required env variables [CNI_COMMAND] missing' : `unknown CNI_COMMAND: ${command}`;
  throw new CniError(errorCode.invalidEnvironment, problem, {
    details: `CNI_COMMAND must be one of ${verbs}`,
  });
}

function variableProblem(name: string, value: string): string | undefined {
  if (name === 'CNI_IFNAME') return ifnameProblem(value);
  if (name !== 'CNI_CONTAINERID' || namePattern.test(value)) return undefined;
  return nameRule;
}

/** The rule of `namePattern` in the words of error messages. */
const nameRule = 'must be letters, digits, "_", "." and "-", the first one a letter or digit';

/**
 * Checks the name of a link by the kernel's rules (net/core/dev.c: dev_valid_name). Also refuses "%": the kernel would take
 * the name as a template. Returns `undefined` for a valid name.
 */
export function ifnameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) < 1 || Buffer.byteLength(name) > 15) return 'must be 1 to 15 bytes long';
  if (name === '.' || name === '..') return 'must not be "." or ".."';
  if (/[/:%\s\p{Cc}]/u.test(name)) return 'must not contain "/", ":", "%", white space or control characters';
  return undefined;
}

const NAME_AND_VERSION = fields({ name: text, cniVersion: text });

/**
 * Completes the request with the network's name and version.
 * @throws CniError 6 when `name` or `cniVersion` is not a string, 7 when `name` is not allowed, 1 when the version is not
 * supported or older than the verb
 */
export function makeRequest(variables: Variables, input: Input): Request {
  const { data, problems } = read(NAME_AND_VERSION, input.config);
  if (data === undefined) throw new CniError(errorCode.decodingFailure, problems.join('; '));
  const network = data.name ?? '';
  if (network === '') throw new CniError(errorCode.invalidConfig, 'missing network name');
  if (!namePattern.test(network)) {
    const details = `name ${JSON.stringify(network)} ${nameRule}`;
    throw new CniError(errorCode.invalidConfig, 'invalid characters found in network name', { details });
  }
  return {
    ...variables,
    ...input,
    network,
    cniVersion: requireVersion(variables.verb, data.cniVersion),
  };
}

function requireVersion(verb: Verb, stated: string | undefined): CniVersion {
  const version = stated || unstatedVersion;
  if (!isSupported(version)) {
    throw new CniError(errorCode.incompatibleVersion, 'incompatible CNI versions', {
      details: `config is "${version}", plugin supports ${JSON.stringify(supportedVersions)}`,
    });
  }
  const { since } = verbRules[verb];
  if (compareVersions(version, since) >= 0) return version;
  throw new CniError(errorCode.incompatibleVersion, `config version does not allow ${verb}`, {
    details: `config is "${version}", ${verb} needs "${since}" or newer`,
  });
}
