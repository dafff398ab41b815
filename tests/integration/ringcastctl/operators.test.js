// ringcastctl on a real cluster: what it says is compared with what the Redis servers say, before and
// after; what it exits with is what a script would see.

import assert from 'node:assert/strict';

import { Cluster } from '../../../deploy/cluster/cluster.js';
import { freePort } from '../../../deploy/cluster/ports.js';
import { until } from '../../../deploy/cluster/wait.js';
import { scenario } from '../../support/cluster/scenario.js';
import { Traffic } from '../../support/cluster/traffic.js';
import { Znodes } from '../../support/cluster/znodes.js';
import { completion } from './completion.js';
import { exactness } from './exactness.js';
import { lowTraffic } from './low_traffic.js';
import { exits, run, running as start } from './program.js';
import { protectedTree } from './protected_tree.js';
import { onTerminal, screenAfter } from './terminal.js';

/** Both gateways have the middle third: channels are fewer than subscriptions. */
const channels = Array.from({ length: 1800 }, (_, i) => `room-${i}`);
const has = {
    'gw-1': (channel) => Number(channel.slice(5)) < 1200,
    'gw-2': (channel) => Number(channel.slice(5)) >= 600,
};

await scenario('ringcastctl on a real cluster', async ({ step, after }) => {
    // No drain that an operator asks for is over within the time that a stop by a signal has. What moves takes many commands.
    const cluster = await Cluster.start({ nodes: 3, gateways: 2, settings: {
        times: { stop_limit: '1s' }, router: { subscribe_batch_max: 50 },
    } });
    after(() => cluster.stop());
    const root = `/ringcast/${cluster.name}`;
    const znodes = await Znodes.open(cluster.zookeeper.members[0].port);
    after(() => znodes.close());
    await cluster.startNode();
    const traffic = new Traffic(cluster.gateways);
    after(() => traffic.close());
    await traffic.open(channels, { where: (gateway, channel) => has[gateway.id](channel) });

    const ctl = (...words) => run([...cluster.place, ...words]);
    const json = async (...words) => {
        const { code, stdout, stderr } = await ctl('-o', 'json', ...words);
        assert.equal(code, exits.done, `${words.join(' ')}: ${stdout}${stderr}`);
        return JSON.parse(stdout);
    };
    const status = () => json('status');
    const history = async () => (await json('history', '-n', '0')).history;
    const waiting = async () => (await json('requests')).requests;

    /** A command that runs until it ends by itself or is interrupted, as by Ctrl-C. */
    const running = (...words) => {
        const command = start([...cluster.place, ...words]);
        after(command.kill);
        return command;
    };
    const { whereabouts, assertExact, planAndDo } = exactness({ cluster, channels, has, json });

    await step('status and locate agree with the Redis servers', async () => {
        const now = await until('the newcomer to have registered', async () => {
            const seen = await status();
            return seen.standby.length > 0 && seen;
        });
        assert.deepEqual(now.members.map(({ id }) => id), ['redis-1', 'redis-2', 'redis-3']);
        assert.deepEqual(now.standby.map(({ id }) => id), ['redis-4']);
        assert.equal(typeof now.messages_per_second, 'number');
        assert.equal(now.paused, false);
        const table = await ctl('status');
        assert.equal(table.code, exits.done);
        assert.match(table.stdout, /^traffic +\d+ messages\/s$/m);
        assert.match(table.stdout, /^MEMBER/m);

        const carried = await whereabouts();
        for (const channel of ['room-0', 'room-700', 'room-1799']) {
            assert.equal((await json('locate', channel)).owner, carried[channel]);
        }
    });

    await step('what a plan says of an addition is exactly what then moves', async ({ say }) => {
        const { plan, done } = await planAndDo(say, 'add', 'redis-4', '--rate', '400');

        assert.equal(done.arcs_moved, plan.arcs_moved);
        assert.equal(plan.members.find(({ id }) => id === 'redis-4').arcs_after, 65536 / 4);
        const share = (await status()).members.find(({ id }) => id === 'redis-4');
        assert.equal(share.arcs, 65536 / 4);
    });

    await step('where the rate decides, the time is as predicted', async ({ say }) => {
        // What else takes part is milliseconds: at this rate the busiest gateway has work for 2.5 s, half of it to leave.
        const { gateways } = await json('plan', 'weight', 'redis-4', '300');
        const most = Math.max(...gateways.map(({ subscriptions }) => subscriptions));
        const rate = Math.round(2 * most / 2.5);
        // A machine that stands still makes it longer, so the quickest is judged; there and back is as far.
        const ratios = [];
        for (const weight of ['300', '100', '300']) {
            const { plan, done } = await planAndDo(say, 'weight', 'redis-4', weight, '--rate', `${rate}`);
            assert.ok(plan.seconds > 2 && plan.seconds < 3, `${plan.seconds} s planned`);
            ratios.push(done.took_ms / 1000 / plan.seconds);
            if (ratios.at(-1) <= 1.2) break;
        }
        assert.ok(Math.min(...ratios) >= 0.8 && Math.min(...ratios) <= 1.2, `took ${ratios} of what was planned`);
        await json('weight', 'redis-4', '100');
    });

    await step('a plan stands upon what is asked for before it', async () => {
        assert.equal((await ctl('pause')).code, exits.done);
        const { request } = await json('weight', 'redis-1', '300', '--detach');
        const alone = await json('plan', 'weight', 'redis-2', '200');
        assert.deepEqual(alone.upon, [request]);
        assert.match((await ctl('plan', 'weight', 'redis-2', '200')).stdout,
            new RegExp(`^Planned upon 1 request that stands before it:\n  ${request}  weight of redis-1 to 300$`, 'm'));
        assert.equal((await ctl('resume')).code, exits.done);
        await until('the first one to be done', async () => (await waiting()).length === 0, { every: 100 });

        const before = await whereabouts();
        const done = await json('weight', 'redis-2', '200');
        assertExact(alone, before, await whereabouts());
        assert.equal(done.arcs_moved, alone.arcs_moved);
        await json('undo');
        await json('weight', 'redis-1', '100');
    });

    await step('whoever interrupts a command is told what goes on without him', async () => {
        // Nothing was asked for: another operator holds the lock.
        const place = `${root}/lock/l-other.1-0000000000`;
        await znodes.create(place, JSON.stringify({ by: 'eve@elsewhere', what: 'x', at: 0 }));
        const queueing = running('remove', 'redis-3');
        await until('it to stand in line', async () => (await znodes.children(`${root}/lock`)).length === 2);
        const { code, errors } = await queueing.interrupt();
        assert.equal(code, exits.interrupted);
        assert.equal(errors, 'ringcastctl: interrupted: nothing was asked for, nothing has changed\n');
        await znodes.remove(place);
        assert.deepEqual(await waiting(), []);

        // Asked for: it stays.
        assert.equal((await ctl('pause')).code, exits.done);
        const asking = running('weight', 'redis-3', '200');
        const [{ name }] = await until('it to stand in the queue', async () => {
            const requests = await waiting();
            return requests.length > 0 && requests;
        }, { every: 100 });
        await until('its lock to be free', async () => (await znodes.children(`${root}/lock`)).length === 0);
        const asked = await asking.interrupt();
        assert.equal(asked.code, exits.interrupted);
        assert.match(asked.errors, new RegExp(`^ringcastctl: interrupted: request ${name} stays in the queue`));
        assert.deepEqual((await waiting()).map((request) => request.name), [name]);
        assert.equal((await ctl('cancel', name)).code, exits.done);
        assert.equal((await ctl('resume')).code, exits.done);
    });

    await step('the same request sent twice changes the ring once', async () => {
        const { view } = await status();
        const again = await ctl('add', 'redis-4');
        assert.equal(again.code, exits.done, again.stderr);
        assert.match(again.stdout, /^Nothing to do: redis-4 is a member already/);
        assert.equal((await status()).view, view);

        assert.equal((await ctl('pause')).code, exits.done);
        const first = await json('weight', 'redis-4', '50', '--detach');
        const second = await json('weight', 'redis-4', '50', '--detach');
        assert.equal(second.request, first.request, 'it stands in the queue once');
        const { requests } = await json('requests');
        assert.deepEqual(requests.map(({ name }) => name), [first.request]);
        assert.match(requests[0].state, /paused/);
        assert.match((await ctl('status')).stdout, /^paused /m);

        const impatient = await ctl('--timeout', '4', 'weight', 'redis-4', '50');
        assert.equal(impatient.code, exits.timedOut, impatient.stderr);
        assert.match(impatient.stderr, new RegExp(first.request));
        assert.equal((await status()).view, view);
    });

    await step('a request that waits can be taken back, and says nothing changed', async () => {
        const [{ name }] = (await json('requests')).requests;
        const { view } = await status();
        assert.equal((await ctl('cancel', name)).code, exits.done);
        const again = await ctl('cancel', name);
        assert.equal(again.code, exits.refused);
        assert.doesNotMatch(again.stderr, /undo/, 'there is nothing to take back');
        assert.equal((await ctl('cancel', 'r-nonsense')).code, exits.refused);
        assert.equal((await ctl('resume')).code, exits.done);
        assert.deepEqual((await json('requests')).requests, []);
        assert.equal((await status()).view, view);
    });

    await step('two operators who ask for the same at once change the ring once', async () => {
        const before = await history();
        const { view } = await status();
        // Who asks when the other's is done already is another matter: it stands in history that there was nothing to do.
        assert.equal((await ctl('pause')).code, exits.done);
        const both = [running('weight', 'redis-4', '70'), running('weight', 'redis-4', '70')];
        await until('one to find what the other asked for', () => both.some((one) => one.errors().includes('asked for already')));
        assert.equal((await ctl('resume')).code, exits.done);
        for (const { ended } of both) assert.equal((await ended).code, exits.done);
        assert.equal((await status()).view, view + 1);
        const made = (await history()).slice(before.length);
        assert.deepEqual(made.map(({ what, node, weight }) => [what, node, weight]), [['weight', 'redis-4', 70]]);
        await json('undo');
    });

    await step('weights in steps, pins and removals move what their plans say', async ({ say }) => {
        const { plan, done } = await planAndDo(say, 'weight', 'redis-1', '200', '--steps', '25,50,100');
        assert.equal(plan.steps.length, 3);
        assert.equal(done.steps, 3);
        assert.equal(done.arcs_moved, plan.arcs_moved);
        assert.equal(done.weight_before, 100);

        const { owner } = await json('locate', 'room-700');
        const target = owner === 'redis-3' ? 'redis-2' : 'redis-3';
        await planAndDo(say, 'pin', 'room-700', target);
        const pinned = await json('locate', 'room-700');
        assert.deepEqual([pinned.owner, pinned.pinned], [target, true]);
        assert.deepEqual((await json('pins')).pins, [{ channel: 'room-700', node: target, arc_owner: owner }]);
        await planAndDo(say, 'unpin', 'room-700');
        assert.equal((await json('locate', 'room-700')).owner, owner);

        const now = await whereabouts();
        // One that lives elsewhere by its arc is pinned to the member that goes.
        const guest = channels.find((channel) => channel !== 'room-700' && now[channel] !== 'redis-2');
        await planAndDo(say, 'pin', guest, 'redis-2');
        const removal = await planAndDo(say, 'remove', 'redis-2', '--steps', '50,100');
        assert.deepEqual(removal.done.pins, [guest]);
        assert.equal((await json('locate', guest)).pinned, false);
        assert.deepEqual((await status()).members.map(({ id }) => id), ['redis-1', 'redis-3', 'redis-4']);
    });

    await step('undo takes the last change back, once', async () => {
        const undone = await json('undo');
        assert.equal(undone.what, 'add');
        assert.equal(undone.node, 'redis-2');
        const [last] = (await history()).slice(-1);
        assert.equal(last.undo_of, (await history()).find(({ what, node }) => what === 'remove' && node === 'redis-2').name);
        assert.equal((await status()).members.length, 4);
        assert.equal(undone.pins.length, 1);
        const { owner, pinned } = await json('locate', undone.pins[0]);
        assert.deepEqual([owner, pinned], ['redis-2', true]);

        const { view } = await status();
        const again = await ctl('undo');
        assert.equal(again.code, exits.done, again.stderr);
        assert.match(again.stdout, /^Nothing to do/);
        assert.equal((await status()).view, view);

        const weight = (await history()).find(({ what, node }) => what === 'weight' && node === 'redis-1');
        const { view: before } = await status();
        const dry = await json('undo', weight.name, '--dry-run', '--rate', '700');
        assert.deepEqual([dry.what, dry.rate], ['weight of redis-1 to 100 at 700 channels/s', 700]);
        assert.equal((await status()).view, before);
        const gently = await json('undo', weight.name, '--steps', '50,100');
        assert.deepEqual([gently.weight, gently.steps], [100, 2]);
        assert.match((await ctl('history')).stdout, /^ENTRY/);
    });

    await step('a handoff is seen in watch, and one that prepares can be taken back', async () => {
        const { request } = await json('weight', 'redis-3', '300', '--rate', '20', '--detach');
        const watched = running('watch');
        const watchedAsJson = running('watch', '-o', 'json');
        const terminal = onTerminal([...cluster.place, 'watch'], { columns: 60, rows: 12 });
        after(terminal.kill);
        await until('it to prepare', async () => (await json('requests')).requests[0]?.state.startsWith('prepare'), { every: 100 });
        assert.match((await ctl('status')).stdout, /^change +weight of redis-3 to 300 .*prepare/m);
        // Both gateways have begun, and say how much moves.
        await until('watch to tell of both gateways', () => watchedAsJson.lines().map((line) => JSON.parse(line)).some(
            ({ stage, gateways }) => stage === 'prepare' && gateways.length === 2 && gateways.every(({ moving }) => moving > 0)));
        const bars = /^weight of redis-3 to 300 .*\n\[[#.]{30}\] +\d+ %.*\n +gw-1 .*\n +gw-2 .*\n +waiting for gw-1, gw-2\n$/;
        const screen = await until('a bar of the step and of both gateways on the terminal, drawn more than once', () => {
            const drawn = screenAfter(terminal.written());
            return terminal.written().split('\x1b[J').length > 2 && bars.test(drawn.join('\n')) && drawn;
        });
        assert.deepEqual(screen.filter((line) => line.length > 59), []);
        const { view } = await status();

        const now = await status();
        assert.deepEqual([now.change.stage, now.change.request, now.change.gateways.length], ['prepare', request, 2]);
        assert.ok(now.change.seconds_left > 0, 'all gateways were asked');
        assert.equal(now.requests_waiting, 0, 'it runs');
        assert.equal((await ctl('pause')).code, exits.done);
        assert.equal((await waiting())[0].state, 'prepare, step 1 of 1, paused: `ringcastctl resume` lets it go on');
        assert.equal((await ctl('resume')).code, exits.done);

        // Whoever undoes now means this one, and not the change before it.
        const undo = await ctl('undo');
        assert.equal(undo.code, exits.refused, undo.stdout);
        assert.match(undo.stderr, new RegExp(`${request} \\(weight of redis-3 to 300.*\\) is under way: .*cancel ${request}`));
        assert.deepEqual((await waiting()).map(({ name }) => name), [request]);

        assert.equal((await ctl('cancel', request)).code, exits.done);
        assert.doesNotMatch((await ctl('cancel', request)).stderr, /`ringcastctl undo/);

        const { code, output } = await watched.ended;
        assert.equal(code, exits.done);
        assert.match(output, /^weight of redis-3 to 300 .* to view \d+.*: prepare, \d+ %$/m);
        assert.match(output, /nothing to do\n$/);
        assert.equal((await watchedAsJson.ended).code, exits.done);
        assert.equal(await terminal.ended, exits.done);
        assert.deepEqual(screenAfter(terminal.written()), ['nothing to do', '']);
        assert.equal((await status()).view, view);
        const [last] = (await history()).slice(-1);
        assert.equal(last.done, false);
        assert.equal(last.request, request);
    });

    await step('an addition that is given up half-way goes on when it is asked for again', async () => {
        const weight = async () => (await status()).members.find(({ id }) => id === 'redis-4')?.weight;
        await json('remove', 'redis-4');
        assert.equal(await weight(), undefined);
        const adding = running('add', 'redis-4', '--steps', '50,100', '--rate', '40');
        const { name } = await until('its second step', async () => {
            const [request] = await waiting();
            return request?.state.startsWith('prepare, step 2') && request;
        }, { every: 50, within: 30_000 });
        await ctl('cancel', name);
        const { code, errors } = await adding.ended;
        assert.equal(code, exits.refused, errors);
        assert.match(errors, /^refused: cancelled by an operator; 1 steps are done\nAsk for the same again to do the rest/m);
        assert.equal(await weight(), 50);

        const plan = await json('plan', 'add', 'redis-4');
        assert.ok(plan.arcs_moved > 0);
        const again = await ctl('add', 'redis-4');
        assert.equal(again.code, exits.done, again.stderr);
        assert.match(again.stderr, /going on to weight 100/);
        assert.match(again.stdout, new RegExp(`^redis-4 weighs 100 since .* ${plan.arcs_moved} arcs`));
        assert.equal(await weight(), 100);
        assert.match((await ctl('add', 'redis-4')).stdout, /^Nothing to do/);
    });

    await step('a request waits for its window or for quiet, and says so', async () => {
        const { view } = await status();
        const now = new Date().getUTCHours();
        const hour = (ahead) => `${String((now + ahead) % 24).padStart(2, '0')}:00`;
        const { request } = await json('weight', 'redis-3', '300', '--window', `${hour(3)}-${hour(5)}`, '--detach');
        await until('it to wait', async () => (await json('requests')).requests[0]?.state.includes(hour(3)), { every: 100 });
        assert.match((await ctl('status')).stdout, new RegExp(`^change .*waits.*${hour(3)}`, 'm'));
        assert.equal((await status()).view, view);

        // What need not wait goes first, and so does its undo; what is about the same node does not.
        assert.equal((await json('weight', 'redis-1', '150')).done, true);
        assert.equal((await json('undo')).weight, 100);
        const behind = await json('remove', 'redis-3', '--detach');
        await until('the second one to wait for the first', async () => {
            const [first, second] = await waiting();
            return first.state.includes(hour(3)) && second.state === `it waits for ${request}, which is about redis-3 too`;
        }, { every: 100 });
        const plan = await json('plan', 'weight', 'redis-1', '150');
        assert.deepEqual([plan.upon, plan.not_upon], [[], [request, behind.request]]);
        assert.equal((await ctl('cancel', behind.request)).code, exits.done);
        assert.equal((await ctl('cancel', request)).code, exits.done);

        // Nobody publishes: it is quiet, and has only to stay so.
        const quiet = await json('weight', 'redis-3', '120', '--when-below', '10/s', '--for', '1s');
        assert.equal(quiet.done, true);
        assert.ok(quiet.view > view);
    });

    await lowTraffic({ step, cluster, traffic, channels, status, json, waiting, running });

    await step('a second operator is told who holds the lock', async () => {
        const place = `${root}/lock/l-other.1-0000000000`;
        const holder = { by: 'eve@elsewhere', what: 'remove redis-1', at: Math.floor(Date.now() / 1000) };
        await znodes.create(place, JSON.stringify(holder));
        const { view } = await status();

        const late = await ctl('--timeout', '4', 'remove', 'redis-3');
        assert.equal(late.code, exits.locked, late.stderr);
        assert.match(late.stderr, /eve@elsewhere \(remove redis-1\)/);
        assert.equal((await ctl('--timeout', '4', 'undo')).code, exits.locked);
        assert.deepEqual((await json('requests')).requests, []);

        // Whoever waits for it gets it when it is given up.
        const patient = ctl('remove', 'redis-9');
        await until('the second one in line', async () => (await znodes.children(`${root}/lock`)).length === 2);
        await znodes.remove(place);
        assert.equal((await patient).code, exits.refused, 'there is no such node');
        assert.equal((await status()).view, view);
    });

    await step('settings are shown and changed', async () => {
        assert.equal((await json('config', 'get', 'subscribe_rate')).subscribe_rate, 20000);
        assert.equal((await json('config', 'set', 'subscribe_rate', '5000')).subscribe_rate, 5000);
        assert.equal((await ctl('config', 'get', 'subscribe_rate')).stdout, '5000\n');
        assert.equal((await json('plan', 'remove', 'redis-3')).rate, 5000);
        assert.equal((await ctl('config', 'set', 'subscribe_rate', '')).code, exits.done);
        assert.equal((await ctl('config', 'get', 'subscribe_rate')).stdout, '20000\n');
        for (const words of [['set', 'colour', 'blue'], ['set', 'paused', 'perhaps'], ['get', 'colour']]) {
            assert.equal((await ctl('config', ...words)).code, exits.wrongUse, words.join(' '));
        }

        // Rubbish in the znode is nobody's command line.
        const settings = await znodes.get(`${root}/config`);
        await znodes.set(`${root}/config`, 'rubbish');
        const refused = await ctl('pause');
        assert.equal(refused.code, exits.refused, refused.stderr);
        assert.match(refused.stderr, /the settings cannot be changed: what the znode holds is not a JSON object/);
        assert.equal((await ctl('config', 'set', 'colour', 'blue')).code, exits.wrongUse);
        await znodes.set(`${root}/config`, settings);
    });

    await step('exit codes and errors say what is wrong', async () => {
        const refused = await ctl('remove', 'redis-9');
        assert.equal(refused.code, exits.refused);
        assert.match(refused.stderr, /redis-9 is neither a member nor on standby/);
        const plan = await ctl('plan', 'add', 'redis-9');
        assert.equal(plan.code, exits.refused);
        assert.match(plan.stderr, /start its ringcast-node/);
        const wrong = await ctl('-o', 'json', 'explode');
        assert.equal(wrong.code, exits.wrongUse);
        assert.match(JSON.parse(wrong.stdout).error, /^there is no command 'explode': there are status, /);
        assert.equal((await ctl('add', 'a', '--window', 'tonight')).code, exits.wrongUse);

        // A mistyped name: nothing is asked for where nobody is.
        for (const words of [
            ['add', 'redis-9'], ['undo'], ['plan', 'add', 'redis-9'], ['locate', 'room-0'], ['status'], ['pins'], ['requests'],
            ['history'], ['watch'], ['pause'], ['resume'], ['config', 'set', 'subscribe_rate', '5000'], ['config', 'get'],
        ]) {
            const mistyped = await run(['--zookeeper', cluster.zookeeper.hosts, '--cluster', 'lopback', ...words]);
            assert.equal(mistyped.code, exits.refused, words.join(' '));
            assert.match(mistyped.stderr, /^ringcastctl: nothing is registered in cluster lopback: is its name right/);
        }
        assert.ok(!(await znodes.children('/ringcast')).includes('lopback'));

        const nobody = await run(['--zookeeper', `127.0.0.1:${await freePort()}`, '--timeout', '1', 'status']);
        assert.equal(nobody.code, exits.notReachable);
        assert.match(nobody.stderr, /is the ensemble up/);

        // A gateway that is announced and does not answer: the rest is counted, and it is said.
        const mute = `${root}/gateways/g-mute-0000999999`;
        await znodes.create(mute, JSON.stringify({ id: 'gw-mute', admin_url: `http://127.0.0.1:${await freePort()}` }));
        const incomplete = await ctl('-o', 'json', 'plan', 'remove', 'redis-3');
        await znodes.remove(mute);
        assert.equal(incomplete.code, exits.incomplete);
        assert.match(incomplete.stderr, /gw-mute does not answer/);
        assert.ok(JSON.parse(incomplete.stdout).channels_moved > 0);
    });

    await completion({ step, cluster });

    await protectedTree({ step, after, cluster });

    await step('a gateway is drained from afar', async ({ say }) => {
        assert.equal((await ctl('drain-gateway', 'gw-9')).code, exits.refused);
        const wrong = `${root}/gateways/g-wrong-0000999999`;
        await znodes.create(wrong, JSON.stringify({ id: 'gw-wrong', admin_url: cluster.gateways[0].adminUrl }));
        const misled = await ctl('drain-gateway', 'gw-wrong');
        await znodes.remove(wrong);
        assert.equal(misled.code, exits.incomplete);
        assert.match(misled.stderr, /gw-wrong is not what answers at http:.* admin.advertise_url/);

        const [, gateway] = cluster.gateways;
        const ended = gateway.child.expectEnd();
        const rate = 5;
        const { length: before } = traffic.disturbances;
        const drained = await ctl('drain-gateway', 'gw-2', '--rate', `${rate}`);
        assert.equal(drained.code, exits.done, drained.stderr);
        assert.match(drained.stdout, /gw-2 has sent its clients elsewhere and ended/);
        assert.equal((await ended).code, 0);
        // Each of its clients once, and none sooner than the rate allows.
        const left = traffic.disturbances.slice(before).filter(({ channel }) => !channel).map(({ at }) => at);
        const seconds = (Math.max(...left) - Math.min(...left)) / 1000;
        say(`${left.length} clients left gw-2 within ${seconds.toFixed(1)} s`);
        assert.equal(left.length, 13);
        assert.ok(seconds >= 0.8 * (left.length - 1) / rate, `they left within ${seconds} s`);
        assert.deepEqual((await status()).gateways.map(({ id }) => id), ['gw-1']);
        const last = await ctl('drain-gateway', 'gw-1');
        assert.equal(last.code, exits.refused, 'nobody would serve');
        assert.match(last.stderr, /gw-1 is the last gateway: .* --force$/m);
    });
});
