// ringcastctl as a script would call it.

import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';

import { executables } from '../../../deploy/cluster/cluster.js';

export const program = join(executables, 'ringcastctl');
export const exits = { done: 0, refused: 1, wrongUse: 2, notReachable: 3, timedOut: 4, locked: 5, incomplete: 6, interrupted: 130 };

/** Runs it to its end: {code, stdout, stderr}. */
export function run(words, within = 60_000) {
    return new Promise((resolve) => {
        execFile(program, words, { timeout: within }, (error, stdout, stderr) => {
            resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr });
        });
    });
}

/**
 * Starts it: `ended` resolves to {code, output, errors}; `lines` and `errors` tell what it has said so far. `interrupt` is
 * Ctrl-C, `kill` leaves it no say.
 */
export function running(words) {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    const ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })));
    return {
        child,
        ended,
        lines: () => output.split('\n').slice(0, -1),
        errors: () => errors,
        interrupt: () => {
            child.kill('SIGINT');
            return ended;
        },
        kill: () => child.kill('SIGKILL'),
    };
}
