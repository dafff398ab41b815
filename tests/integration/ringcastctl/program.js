// ringcastctl as a script would call it.

import { execFile } from 'node:child_process';
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
