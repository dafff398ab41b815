// ringcastctl on a terminal of its own, and what one would see there.

import { spawn } from 'node:child_process';

import { program } from './program.js';

/** What stands on the screen after it was written: lines, the cursor on the last of them. Throws at what it does not know. */
export function screenAfter(written) {
    const lines = [''];
    const whole = written.replace(/\x1b(\[\d*(A(\x1b\[?)?)?)?$/, ''); // more is to come
    for (const [, up, other, text] of whole.matchAll(/\x1b\[(\d+)A\x1b\[J|(\x1b|\r(?!\n))|(\r?\n|[^\x1b\r\n]+)/g)) {
        if (other) throw new Error(`not understood: ${JSON.stringify(written)}`);
        if (up) {
            if (Number(up) >= lines.length) throw new Error(`${up} lines up of ${lines.length - 1}`);
            lines.splice(-Number(up) - 1, Infinity, '');
        } else if (text.endsWith('\n')) {
            lines.push('');
        } else {
            lines[lines.length - 1] += text;
        }
    }
    return lines;
}

/** Starts it on a terminal of that size: `written` is all that it has shown so far, `ended` resolves to its exit code. */
export function onTerminal(words, { columns, rows }) {
    const command = [program, ...words].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows} -echo; exec ${command}`, '/dev/null'], {
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    let written = '';
    child.stdout.setEncoding('utf8').on('data', (data) => (written += data));
    const ended = new Promise((resolve) => child.once('close', resolve));
    return { written: () => written, ended, kill: () => child.kill('SIGKILL') };
}
