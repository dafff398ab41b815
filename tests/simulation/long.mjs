#!/usr/bin/env node
// Runs many seeds, in parts, with one process for each core, and goes on where it was stopped: what each part said
// stands in a folder that belongs to the very program. At the end it tells which seeds failed.
//
//   tests/simulation/long.mjs [--build build/release] [--last 1000000] [--jobs CORES] [--state FOLDER]
//
// FOLDER: build/release/seeds/<digest of the program>; one that was begun goes on with the program that began it.
// Status 1: a seed failed, or in some part a rare branch was never reached; the last lines name them. Or a part was not run to
// its end: that is told at once, what it said stays in PART.txt.running, and it is run again the next time.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const seedsOfPart = 10_000;
const { values: options } = parseArgs({
    options: {
        build: { type: 'string', default: join(root, 'build/release') },
        last: { type: 'string', default: '1000000' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        state: { type: 'string' },
    },
});
const built = join(resolve(options.build), 'bin/ringcast-simulation');
const digest = createHash('sha256').update(readFileSync(built)).digest('hex').slice(0, 16);
const state = resolve(options.state ?? join(options.build, 'seeds', digest));
const program = join(state, 'ringcast-simulation');
mkdirSync(state, { recursive: true });
if (!existsSync(program)) copyFileSync(built, program); // the next build must not replace it meanwhile

/** What a finished part said, by the range of its seeds. */
const said = (part) => join(state, `${part}.txt`);

/** The seeds that failed and the branches that were not reached. */
const complaintsIn = (text) => text.split('\n').filter((line) => line.endsWith(' fails') || line.startsWith('never happened'));

/** Throws when `file` does not hold all that the part had to say. `code`: the status that it ended with, where that is known. */
function check(part, file, code) {
    const text = readFileSync(file, 'utf8');
    const [first, last] = part.split('..').map(Number);
    const [, ran, failed] = text.match(/^seeds run (\d+) failed (\d+)$/m) ?? [];
    const complaints = complaintsIn(text).length;
    const whole = Number(ran) === last - first + 1 && complaints >= Number(failed);
    if (whole && (code === undefined || code === (complaints > 0 ? 1 : 0))) return;
    const more = code === undefined ? '; without it the part is run again' : `, status ${code}`;
    throw new Error(`${file} is no whole report: ${ran ?? 'no'} seeds run, ${failed ?? 'none'} failed, ${complaints} complaints${more}`);
}

const running = new Set(); // processes: none outlives this one
process.on('exit', () => running.forEach((child) => child.kill()));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

function run(part) {
    const report = `${said(part)}.running`;
    const out = openSync(report, 'w');
    const child = spawn(program, ['--seeds', part, '--keep-going', '--every-branch'], { stdio: ['ignore', out, out] });
    running.add(child);
    return new Promise((done, fail) => {
        child.on('error', fail);
        child.on('close', (code, signal) => {
            running.delete(child);
            closeSync(out);
            if (signal !== null) return fail(new Error(`the simulation of seeds ${part} ended by ${signal}`));
            try {
                check(part, report, code);
                renameSync(report, said(part));
                done();
            } catch (error) {
                fail(error);
            }
        });
    });
}

const parts = Array.from({ length: Math.ceil(Number(options.last) / seedsOfPart) }, (_, i) => {
    const last = Math.min((i + 1) * seedsOfPart, Number(options.last));
    return `${i * seedsOfPart + 1}..${last}`;
});
const queue = parts.filter((part) => !existsSync(said(part)));
for (const part of parts) if (!queue.includes(part)) check(part, said(part));
const toDo = queue.length;
const began = Date.now();
console.log(`${state}: ${toDo} of ${parts.length} parts to do`);

const worker = async () => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
        await run(part);
        const done = parts.filter((one) => existsSync(said(one))).length;
        const each = (Date.now() - began) / (toDo - (parts.length - done));
        const minutes = Math.round((each * (parts.length - done)) / 60_000);
        console.log(`${done} of ${parts.length} parts, about ${minutes} min left`);
    }
};
await Promise.all(Array.from({ length: Number(options.jobs) }, worker));

const complaints = parts.flatMap((part) => complaintsIn(readFileSync(said(part), 'utf8')).map((line) => `${part}: ${line}`));
for (const one of complaints) console.log(one);
console.log(`${options.last} seeds, ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);
