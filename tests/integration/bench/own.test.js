// `ringcast-bench rebalance` in a cluster of its own: what it tells of both ways, and what it leaves behind when it is interrupted.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { executables } from '../../../deploy/cluster/cluster.js';
import { until } from '../../../deploy/cluster/wait.js';
import { scenario } from '../../support/cluster/scenario.js';

const program = join(executables, 'ringcast-bench');

/** What it started and did not end yet. */
const childrenOf = (parent) => readdirSync('/proc').filter((pid) => {
    if (!/^[0-9]+$/.test(pid)) return false;
    try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))[1]) === parent;
    } catch {
        return false; // ended meanwhile
    }
});

await scenario('ringcast-bench in a cluster of its own', async ({ step, after }) => {
    for (const [signal, moment] of [['SIGINT', /subscribed 2,000 of 2,000/], ['SIGTERM', /measuring/], ['SIGHUP', /measuring/]]) {
        await step(`${signal} when it says ${moment}: it says so, its servers end, nothing is left`, async () => {
            const folder = mkdtempSync(join(tmpdir(), 'ringcast-bench-own-'));
            after(() => rmSync(folder, { recursive: true, force: true }));
            const child = spawn(program, ['rebalance', '--nodes', '2', '--channels', '1000', '--messages', '100', '--before', '600'], {
                env: { ...process.env, TMPDIR: folder, RINGCAST_TEST_KEEP: undefined },
                stdio: ['ignore', 'ignore', 'pipe'],
            });
            after(() => child.kill('SIGKILL'));
            let stderr = '';
            child.stderr.on('data', (text) => { stderr += text; });
            const ended = new Promise((resolve) => { child.on('close', (code, by) => resolve(code ?? by)); });
            await until('the moment', () => moment.test(stderr), {
                within: 60_000,
                giveUp: () => assert.equal(child.exitCode, null, stderr),
            });
            const servers = childrenOf(child.pid);
            assert.ok(servers.length > 0, 'ZooKeeper at least');

            child.kill(signal);

            assert.equal(await ended, 130, stderr);
            assert.match(stderr, /interrupted: the servers that it started are stopped, their folders are removed/);
            assert.deepEqual(readdirSync(folder), []);
            assert.deepEqual(servers.filter((pid) => existsSync(`/proc/${pid}`)), []);
        });
    }

    await step('both ways to their end: the handoff loses nothing, and the switch shows that it would be seen', async ({ say }) => {
        const folder = mkdtempSync(join(tmpdir(), 'ringcast-bench-own-'));
        after(() => rmSync(folder, { recursive: true, force: true }));
        const { code, stdout, stderr } = await new Promise((resolve) => {
            execFile(program, [
                ...['rebalance', '--nodes', '2', '--channels', '2000', '--messages', '1500', '--before', '1', '--after', '1'],
                ...['--naive-lag', '300', '-o', 'json', '--timeline', join(folder, 'timeline.svg')],
            ], { timeout: 90_000 }, (error, ...told) => resolve({ code: error?.code ?? 0, stdout: told[0], stderr: told[1] }));
        });

        assert.equal(code, 0, stderr);
        const { measured, schemes } = JSON.parse(stdout);
        const [handoff, naive] = measured;
        assert.deepEqual(measured.map(({ way }) => way), ['handoff', 'naive switch']);
        for (const what of ['lost', 'duplicated', 'reordered', 'invented']) assert.equal(handoff.verdict[what], 0, what);
        assert.ok(naive.verdict.lost > 0 && naive.loss_seen, JSON.stringify(naive.verdict));
        assert.equal(schemes.length, 4, 'this ring, modulo N, the classic ring, slots');
        for (const drawing of ['timeline.svg', 'timeline-naive.svg']) assert.match(readFileSync(join(folder, drawing), 'utf8'), /^<svg/);
        say(`by a naive switch ${naive.verdict.lost} of ${naive.verdict.accepted} messages lost`);
    });

    await step('interrupted in the second way: what was measured of the first is told', async () => {
        const child = spawn(program, ['rebalance', '--nodes', '2', '--channels', '1000', '--messages', '100', '--before', '1', '--after', '1', '-o', 'json'], {
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        after(() => child.kill('SIGKILL'));
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (text) => { stdout += text; });
        child.stderr.on('data', (text) => { stderr += text; });
        const ended = new Promise((resolve) => { child.on('close', (code, by) => resolve(code ?? by)); });
        await until('the second way', () => stderr.includes('measuring: naive switch'), {
            within: 60_000,
            giveUp: () => assert.equal(child.exitCode, null, stderr),
        });

        child.kill('SIGINT');

        assert.equal(await ended, 130, stderr);
        assert.match(stderr, /interrupted: the servers that it started are stopped/);
        assert.deepEqual(JSON.parse(stdout).measured.map(({ way }) => way), ['handoff']);
    });
});
