// deploy/up itself: its proof, its words when something is wrong, and that it leaves nothing behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { inTime, until } from './support.js';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'deploy', 'cluster', 'up.js');

/** Runs it; `output` grows, `ended` resolves to its exit code. */
function up(t, ...words) {
    const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    const running = { pid: child.pid, output: '', kill: (signal) => child.kill(signal) };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (running.output += data));
    running.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    return running;
}

/** The processes whose parent this is. */
function childrenOf(pid) {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).filter((entry) => {
        try {
            return Number(readFileSync(`/proc/${entry}/stat`, 'utf8').replace(/^.*\) . /, '').split(' ')[0]) === pid;
        } catch {
            return false;  // ended meanwhile
        }
    }).map(Number);
}

const alive = (pid) => {
    try {
        return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
        return false;
    }
};

describe('deploy/up', { timeout: 120_000 }, () => {
    test('proves that the whole system works, and ends', async (t) => {
        const running = up(t, '--port', '0', '--once');

        const code = await inTime('the end', running.ended, 60_000);

        assert.equal(code, 0, running.output);
        assert.match(running.output, /on gw-[12] and gw-[12], 300 channels/);
        assert.match(running.output, /each once and in order/);
        const carried = [...running.output.matchAll(/redis-\d carries (\d+) of the channels/g)].map(([, count]) => Number(count));
        assert.equal(carried.length, 3);
        assert.equal(carried.reduce((sum, count) => sum + count), 300);
        assert.match(running.output, /Everything is stopped\./);
    });

    test('proves the standalone mode', async (t) => {
        const running = up(t, '--port', '0', '--standalone', '--once');

        assert.equal(await inTime('the end', running.ended, 30_000), 0, running.output);
        assert.match(running.output, /each once and in order/);
    });

    test('runs a command on a cluster of the size that was asked for, and ends as it ends', async (t) => {
        const running = up(t, '--port', '0', '--nodes', '2', '--standby', '1', '--gateways', '3', '--set', 'limits.channels_per_client_max=777',
            '--run', 'ringcastctl status -o json && exit 7');

        assert.equal(await inTime('the end', running.ended, 60_000), 7, running.output);
        const [told] = running.output.match(/^\{.*"members".*\}$/m) ?? assert.fail(running.output);
        const { members, standby, gateways } = JSON.parse(told);
        assert.deepEqual(members.map(({ id }) => id).sort(), ['redis-1', 'redis-2']);
        assert.deepEqual(standby.map(({ id }) => id), ['redis-3']);
        assert.deepEqual(gateways.map(({ id }) => id).sort(), ['gw-1', 'gw-2', 'gw-3']);
        assert.match(running.output, /Everything is stopped\./);
    });

    test('says what is no size', async (t) => {
        const running = up(t, '--port', '0', '--gateways', '1', '--once');

        assert.equal(await inTime('the end', running.ended), 1);
        assert.match(running.output, /--gateways 1: not a number of gateways, 2 to 100/);
    });

    test('stops everything on Ctrl-C', async (t) => {
        const running = up(t, '--port', '0');
        await until('the live status', () => /carries \d+ of the channels\n(?:.*\n)*view \d+/.test(running.output), { within: 60_000 });
        const children = childrenOf(running.pid);
        assert.equal(children.length, 1 + 3 + 3 + 2 + 1);

        running.kill('SIGINT');

        assert.equal(await inTime('the end', running.ended, 30_000), 0, running.output);
        assert.deepEqual(children.filter(alive), []);
        assert.match(running.output, /Everything is stopped\./);
    });

    test('leaves no child behind when it is killed itself', async (t) => {
        const running = up(t, '--port', '0');
        await until('the live status', () => /carries \d+ of the channels\n(?:.*\n)*view \d+/.test(running.output), { within: 60_000 });
        const children = childrenOf(running.pid);

        running.kill('SIGKILL');
        await running.ended;

        await until('all children to be gone', () => !children.some(alive));
    });

    test('says plainly that the port is taken', async (t) => {
        const server = createServer();
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        t.after(() => server.close());
        const { port } = server.address();

        const running = up(t, '--port', `${port}`, '--once');

        assert.equal(await inTime('the end', running.ended), 1);
        assert.match(running.output, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`));
        assert.doesNotMatch(running.output, /Starting/);
    });
});
