#!/usr/bin/env node
// Breaks the protocol on purpose, one rule at a time, and sees whether the simulation notices: a changed
// copy of one source file is compiled and linked in place of the original object, and seeds are run until
// the checker, an assertion or the lack of progress objects; one that runs for half an hour is an error.
// The mutants stand in mutants/; one that is noticed too late names seeds of its own there, which go before --seeds.
//
//   tests/simulation/mutate.mjs [--build build/debug] [--seeds 1..1000] [--jobs N] [--list] [NAME ...]
//   --ci     only those that are marked for it
//   --check  only sees whether each text stands where it should
//
// Status 1: a mutant survived, or its text does not stand in its file exactly once.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { mutants } from './mutants/index.mjs';

const program = 'ringcast-simulation';
const run = promisify(execFile);
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        build: { type: 'string', default: join(root, 'build/debug') },
        seeds: { type: 'string', default: '1..1000' },
        jobs: { type: 'string', default: '1' },
        list: { type: 'boolean', default: false },
        ci: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
    },
});
const build = resolve(options.build);

/** The changed source; an error when the text to be replaced is not there exactly once. */
function mutated({ file, text, instead }) {
    const source = readFileSync(join(root, file), 'utf8');
    const found = source.split(text).length - 1;
    if (found !== 1) throw new Error(`its text stands ${found} times in ${file}`);
    return source.replace(text, () => instead);
}

function compileCommand(file, copy, object) {
    const commands = JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8'));
    const entry = commands.find((command) => command.file === join(root, file));
    if (entry === undefined) throw new Error(`${file} is compiled by nothing in ${build}`);
    // A rule that is left out may leave something unused behind.
    const words = entry.command
        .split(' ')
        .filter((word) => word !== '-Werror')
        .map((word) => (word === '-O2' ? '-O1' : word)); // it is compiled once and runs for seconds
    words[words.indexOf('-o') + 1] = object;
    words[words.indexOf('-c') + 1] = copy;
    return [...words, '-w', `-iquote${dirname(join(root, file))}`].join(' ');
}

function linkCommand(object, executable) {
    const all = execFileSync('ninja', ['-C', build, '-t', 'commands', program], { encoding: 'utf8' });
    const link = all.trim().split('\n').at(-1);
    return link.replace(` -o bin/${program} `, ` ${object} -o ${executable} `);
}

const shell = (command) => run('/bin/sh', ['-c', command], { cwd: build, maxBuffer: 1 << 28 });

/** How the simulation took it: what it objected to, or nothing. */
async function objection(mutant) {
    const folder = join(build, 'mutants', mutant.name);
    mkdirSync(folder, { recursive: true });
    const copy = join(folder, basename(mutant.file));
    writeFileSync(copy, mutated(mutant));
    const object = `${copy}.o`;
    const executable = join(folder, program);
    await shell(compileCommand(mutant.file, copy, object));
    await shell(linkCommand(object, executable));
    try {
        await run(executable, ['--seeds', mutant.seeds ?? options.seeds], { maxBuffer: 1 << 28, timeout: 1_800_000 });
        return undefined;
    } catch (failure) {
        const crashed = ['SIGABRT', 'SIGSEGV'].includes(failure.signal); // others end it from outside: it took too long
        if (crashed) return `ended by ${failure.signal}: ${failure.stderr.trim().split('\n').at(-1)}`;
        if (failure.code !== 1) throw failure;
        const lines = failure.stdout.split('\n');
        const at = lines.findIndex((line) => line.endsWith(' fails'));
        return `${lines[at]}: ${lines[at + 1]?.trim()}`;
    }
}

async function judge(mutant) {
    try {
        const caught = await objection(mutant);
        console.log(`${caught ? 'caught  ' : 'SURVIVED'} ${mutant.name}: ${caught ?? mutant.breaks}`);
        return caught !== undefined;
    } catch (failure) {
        console.log(`ERROR    ${mutant.name}: ${failure.stderr || failure.message}`);
        return false;
    }
}

const chosen = mutants.filter(
    ({ name, ci }) => (positionals.length === 0 || positionals.includes(name)) && (!options.ci || ci),
);
if (options.list) {
    for (const { name, file, breaks } of chosen) console.log(`${name}  ${file}: ${breaks}`);
    process.exit(0);
}
if (options.check) {
    const faults = chosen.flatMap((mutant) => {
        try {
            mutated(mutant);
            return [];
        } catch (fault) {
            return [`${mutant.name}: ${fault.message}`];
        }
    });
    for (const fault of faults) console.log(fault);
    process.exit(faults.length === 0 ? 0 : 1);
}
if (chosen.length === 0) {
    console.error('no such mutant; --list names them');
    process.exit(2);
}
let good = 0;
const queue = [...chosen];
const worker = async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        if (await judge(mutant)) ++good;
    }
};
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
console.log(`${good} of ${chosen.length} mutants caught`);
process.exit(good === chosen.length ? 0 : 1);
