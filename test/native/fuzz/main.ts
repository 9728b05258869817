// The program that the checked executable runs in place of the plugin: calls of the host's functions with made-up arguments.
import { host } from '../../../src/sys/native/host.ts';
import { numberProblems } from './numbers.ts';
import { textProblems } from './text.ts';
import { madeUpCalls } from './values.ts';

const [, , seed = '1', count = '1000'] = process.argv;
const problems = [...numberProblems(), ...textProblems()];
const tried = madeUpCalls(Number(seed), Number(count));
host.write(1, host.encode(JSON.stringify({ tried, problems })));
host._exit(0);
