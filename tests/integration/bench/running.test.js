// `ringcast-bench rebalance --cluster` on a cluster that it did not start: what it reports is compared
// with what the cluster itself says, and it leaves nothing behind.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Cluster, executables } from '../../../deploy/cluster/cluster.js';
import { until } from '../../../deploy/cluster/wait.js';
import { scenario } from '../../support/cluster/scenario.js';
import { inSeconds, token } from '../sdk/support.js';

const program = join(executables, 'ringcast-bench');
const channels = 3000;
const load = ['--channels', `${channels}`, '--messages', '600', '--busy', '300', '--after', '1'];
const admitted = { RINGCAST_BENCH_TOKEN: token({ sub: 'bench' }) };

await scenario('ringcast-bench on a running cluster', async ({ step, after }) => {
    const cluster = await Cluster.start({
        nodes: 3,
        gateways: 2,
        gatewayArguments: [],
        // What is judged is what is lost, not what a stall of this machine breaks.
        sessionTimeout: 12_000,
        settings: {
            times: { write_timeout: '30s' },
            redis: { answer_timeout: '20s', probe_timeout: '20s' },
            tokens: { hmac_secret: 'secret' },
            channels: { subscribe_for_clients: true, publish_for_clients: true },
        },
    });
    after(() => cluster.stop());
    await cluster.startNode();
    await until('the newcomer on standby', async () => (await cluster.status()).standby?.length === 1, { every: 100 });

    const words = (before, ...more) => ['rebalance', ...cluster.place, ...load, '--before', `${before}`, ...more];
    /** Runs it to its end: {code, stdout, stderr}. */
    const bench = (more, env = admitted) => new Promise((resolve) => {
        execFile(program, words(1, ...more), { timeout: 120_000, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
            resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr });
        });
    });
    const measure = async (...more) => {
        const { code, stdout, stderr } = await bench(['-o', 'json', ...more]);
        assert.equal(code, 0, stderr);
        assert.ok(!stderr.includes(admitted.RINGCAST_BENCH_TOKEN) && !stdout.includes(admitted.RINGCAST_BENCH_TOKEN));
        return JSON.parse(stdout);
    };
    /** Why gateways could not publish, as they count it. */
    const reasons = async () => {
        const pages = await Promise.all(cluster.gateways.map(async ({ adminUrl }) => (await fetch(`${adminUrl}/metrics`)).text()));
        return pages.flatMap((page) => page.split('\n').filter((line) => /^ringcast_(node_publishes_failed|publishes_refused)_total.* [1-9]/.test(line)));
    };
    const assertSpotless = async ({ accepted, expected, delivered, ...rest }) => {
        const why = rest.failed > 0 ? `: ${(await reasons()).join(', ')}` : '';
        assert.ok(accepted > 1000, `${accepted} accepted`);
        assert.equal(expected, 2 * accepted, 'each on both gateways');
        assert.equal(delivered, expected);
        for (const [name, count] of Object.entries(rest)) assert.equal(count, 0, `${name}${why}`);
    };
    const nothingLeft = () => until('no client and no channel of the bench', async () => {
        const counts = await Promise.all([
            ...cluster.gateways.map(async ({ adminUrl }) => (await (await fetch(`${adminUrl}/status`)).json()).sessions),
            ...cluster.nodes.map(async (node) => (await node.channels('bench-')).length),
        ]);
        return counts.every((count) => count === 0);
    });
    const members = async () => (await cluster.status()).members.map(({ id }) => id);

    await step('an addition: nothing lost, moved as little as possible, told by the very report', async ({ say }) => {
        const svg = join(cluster.folder, 'timeline.svg');
        const report = await measure('--timeline', svg);

        const [one] = report.measured;
        await assertSpotless(one.verdict);
        assert.equal(one.way, 'handoff');
        assert.equal(one.moved_over_least, 1);
        assert.equal(one.channels_moved, report.schemes[0].channels_moved);
        assert.ok(one.channels_moved > channels / 5 && one.channels_moved < channels / 3, `${one.channels_moved}`);
        assert.equal(report.node, 'redis-4');
        assert.deepEqual(await members(), ['redis-1', 'redis-2', 'redis-3', 'redis-4'], 'the change is in force');
        const { history } = await cluster.ctl('history');
        assert.equal(one.took_s, history.at(-1).took_ms / 1000, 'as operators see it');
        assert.ok(one.took_s <= one.seconds, `${one.took_s} s by history, ${one.seconds} s from outside`);
        assert.equal(one.predicted_s, report.prediction.total_s);
        assert.deepEqual(one.bounds.filter(({ promise }) => promise).map(({ name, kept }) => [name, kept]), [['wrong', true]]);
        assert.equal(report.load.messages_per_second, 600);
        for (const phase of ['prepare', 'fence', 'in_force', 'done']) assert.ok(one.phases[phase] > 0, phase);

        assert.deepEqual(one.through.map(({ gateway }) => gateway), ['gw-1', 'gw-2']);
        for (const { gateway, connections, published, heard } of one.through) {
            assert.equal(connections, Math.ceil(channels / 128), 'as the usual limit asks for');
            assert.ok(published > 300 && heard > 600, `${gateway}: ${published} published, ${heard} heard`);
        }
        assert.equal(one.other_clients, 0);

        const newcomer = one.nodes.find(({ node }) => node === 'redis-4');
        assert.equal(newcomer.channels_after, one.channels_moved + 1, 'and the control channel');
        assert.ok(one.subscribes >= 2 && one.subscribes <= one.subscribes_max, `${one.subscribes} SUBSCRIBE`);
        const moved = report.schemes[0].subscriptions_moved;
        assert.ok(one.subscriptions.made >= moved && one.subscriptions.made < moved + 100, `${one.subscriptions.made} of ${moved}`);
        assert.ok(one.subscriptions.dropped >= moved && one.subscriptions.dropped < moved + 100, `${one.subscriptions.dropped} of ${moved}`);
        assert.deepEqual(one.gateways_mute, []);
        assert.equal(one.gateways_cpu.length, cluster.gateways.length);
        for (const { before, during } of one.gateways_cpu) {
            // Told by the process itself; it cannot have used more than all its threads could.
            assert.ok(before > 0 && before < 8 && during > 0, `${before} and ${during} of a core`);
        }
        const fenced = await Promise.all(cluster.gateways.map((gateway) => gateway.metric('ringcast_publish_hold_seconds_count')));
        assert.equal(one.publish_hold_ms.count, fenced[0] + fenced[1], 'the cluster had no handoff before');
        assert.equal(one.publish_hold_ms.bounds, true, 'of buckets');
        assert.match(readFileSync(svg, 'utf8'), /^<svg/);
        await nothingLeft();
        say(`${one.channels_moved} channels, ${one.verdict.accepted} messages, ${one.seconds.toFixed(2)} s`);
    });

    await step('a removal that is undone: history has both, the member is back', async () => {
        const report = await measure('--change', 'remove', '--node', 'redis-2', '--rate', '1000', '--undo');

        await assertSpotless(report.measured[0].verdict);
        assert.equal(report.measured[0].moved_over_least, 1);
        assert.equal(report.measured[0].other_clients, 0, 'those of the run before are gone');
        assert.ok((await members()).includes('redis-2'));
        const { history } = await cluster.ctl('history');
        assert.deepEqual(history.slice(-2).map(({ what, node, done }) => [what, node, done]),
            [['remove', 'redis-2', true], ['add', 'redis-2', true]]);
        const slow = report.measured[0].channels_moved / 1000;
        for (const { what, took_ms } of history.slice(-2)) assert.ok(took_ms / 1000 > slow, `${what} took ${took_ms} ms`);
        await nothingLeft();
    });

    await step('gateways that leave for longer than is waited for: it is over when they have left', async () => {
        await cluster.ctl('config', 'set', 'leave_seconds_max', '1');

        const report = await measure('--change', 'weight', '--weight', '60', '--node', 'redis-4', '--rate', '60');

        const [one] = report.measured;
        await assertSpotless(one.verdict);
        const leaving = one.channels_moved / 60;
        assert.ok(one.took_s < 2 * leaving - 0.5, `${one.took_s} s by history, ${leaving} s to leave`);
        assert.ok(one.seconds > 2 * leaving - 0.3, `${one.seconds} s from outside`);
        assert.ok(one.subscriptions.dropped >= report.schemes[0].subscriptions_moved, `${one.subscriptions.dropped} dropped`);
        await cluster.ctl('config', 'set', 'leave_seconds_max', '');
        await nothingLeft();
    });

    await step('whoever may not connect is told what to do, and the ring stays as it is', async () => {
        const { view } = await cluster.status();
        for (const [env, advice] of [
            [{ RINGCAST_BENCH_TOKEN: '' }, /3501.*RINGCAST_BENCH_TOKEN/],
            [{ RINGCAST_BENCH_TOKEN: token({ sub: 'bench' }, 'another secret') }, /3500.*token/],
            [{ RINGCAST_BENCH_TOKEN: token({ sub: 'bench', exp: inSeconds(30) }) }, /closes connections with this token/],
        ]) {
            const { code, stderr } = await bench(['--change', 'remove', '--node', 'redis-4'], env);
            assert.equal(code, 1, stderr);
            assert.match(stderr, advice);
        }
        const unknown = await bench(['--change', 'remove', '--node', 'redis-4', '--prefix', 'nosuch:']);
        assert.equal(unknown.code, 1);
        assert.match(unknown.stderr, /no namespace 'nosuch'/);
        const crowded = await bench(['--change', 'remove', '--node', 'redis-4', '--connections', '2']);
        assert.equal(crowded.code, 1);
        assert.match(crowded.stderr, /limits\.channels_per_client_max/);
        const missing = await bench(['--change', 'remove']);
        assert.equal(missing.code, 1);
        assert.match(missing.stderr, /--node: redis-1, redis-2, redis-3, redis-4/);
        assert.equal((await cluster.status()).view, view);
        await nothingLeft();
    });

    /** Starts it, to be met on its way. */
    const begin = (...more) => {
        const child = spawn(program, words(...more), { env: { ...process.env, ...admitted }, stdio: ['ignore', 'pipe', 'pipe'] });
        after(() => child.kill('SIGKILL'));
        const run = { child, stdout: '', stderr: '' };
        child.stdout.on('data', (text) => { run.stdout += text; });
        child.stderr.on('data', (text) => { run.stderr += text; });
        run.ended = new Promise((resolve) => { child.on('close', (code) => resolve(code)); });
        run.until = (what, condition) => until(what, () => condition(run.stderr), {
            within: 30_000,
            giveUp: () => assert.equal(child.exitCode, null, run.stderr),
        });
        return run;
    };

    await step('Ctrl-C before the change: its clients go, the ring stays as it is', async () => {
        const { view } = await cluster.status();
        const run = begin(600, '--change', 'remove', '--node', 'redis-4');
        await run.until('all subscriptions', (stderr) => stderr.includes('subscribed 6,000 of 6,000'));

        run.child.kill('SIGINT');

        assert.equal(await run.ended, 130);
        assert.match(run.stderr, /interrupted, the bench's clients are gone: the ring is as it was\n/);
        assert.equal((await cluster.status()).view, view);
        await nothingLeft();
    });

    await step('a change that somebody cancels: there is nothing to be taken back', async () => {
        const run = begin(1, '--change', 'remove', '--node', 'redis-4', '--rate', '50');
        let request;
        await run.until('the request', async () => {
            request = (await cluster.ctl('requests')).requests[0]?.name;
            return request !== undefined;
        });

        await cluster.ctl('cancel', request);

        assert.equal(await run.ended, 1);
        assert.match(run.stderr, /refused: .*; the ring is as it was\n/);
        assert.ok((await members()).includes('redis-4'));
        await nothingLeft();
    });

    await step('Ctrl-C while it is made: it says what goes on, and what takes that back does', async () => {
        const run = begin(1, '--change', 'remove', '--node', 'redis-4', '--rate', '50');
        await run.until('the handoff', async () => (await cluster.ctl('requests')).requests.length === 1);

        run.child.kill('SIGINT');

        assert.equal(await run.ended, 130, run.stderr);
        const [, request] = /`ringcastctl cancel (r-\S+)` takes it back/.exec(run.stderr) ?? assert.fail(run.stderr);
        await cluster.ctl('cancel', request);
        assert.ok((await members()).includes('redis-4'));
        await nothingLeft();
    });

    await step('Ctrl-C while it takes the change back: what was measured is told, and what goes on', async () => {
        const run = begin(1, '--change', 'remove', '--node', 'redis-4', '--undo', '-o', 'json');
        await run.until('the removal', async () => !(await members()).includes('redis-4'));
        await cluster.ctl('pause');
        let request;
        await run.until('the undo in the queue', async (stderr) => {
            request = (await cluster.ctl('requests')).requests[0]?.name;
            return request !== undefined && stderr.includes('taking the change back');
        });

        run.child.kill('SIGINT');

        assert.equal(await run.ended, 130, run.stderr);
        await assertSpotless(JSON.parse(run.stdout).measured[0].verdict);
        assert.ok(run.stderr.includes(`and ${request} is to take that back: \`ringcastctl watch\``), run.stderr);
        await cluster.ctl('resume');
        await until('the member back', async () => (await members()).includes('redis-4'), { every: 100 });
        await nothingLeft();
    });
});
