// Planned changes of the ring, one after another, while people talk and come and go: nothing is lost, repeated or
// reordered, nobody is told of a gap or disconnected, and channels that stay are not touched: no node hears of a
// subscription to them, and no fence refuses a publish on them.
//
// RINGCAST_CHANGES: how many (5). RINGCAST_SEED: repeats a run. From 20 changes on pauses are judged by the longest,
// before that only by what most fences cost.

import assert from 'node:assert/strict';

import { scenario } from '../../support/cluster/scenario.js';
import { loadOfThisProcess, usedByOthers } from '../../support/cluster/machine.js';
import { PauseMeter } from '../../support/cluster/pause_meter.js';
import { spread, quantile } from '../../support/cluster/traffic.js';
import { Commands, subscribeCalls } from './commands.js';
import { Visitors } from './visitors.js';
import { World, pick, randomFrom, seed, until } from './world.js';

const changeCount = Number(process.env.RINGCAST_CHANGES ?? 5);
const judgedFrom = 20;
/** Milliseconds: far from what a fence takes, and from a second. */
const laterMost = 500;

const random = randomFrom(seed);
const rooms = Array.from({ length: 240 }, (_, i) => `room-${i}`);
const doors = Array.from({ length: 48 }, (_, i) => `door-${i}`);
const timed = Array.from({ length: 240 }, (_, i) => `timed-${i}`);
/**
 * Between two messages of a publisher on a channel, in milliseconds. Of 4,300 publishes a second the pause meter sends
 * two thirds: each of this process's comes back to three subscribers and into their histories, and more of them would take
 * it most of a core, which the gateways on the same machine need to answer in time.
 */
const apart = { rooms: 1000, doors: 250, timed: 250 };
const shares = [0.5, 0.99, 0.999];

/** Made once: each call plans the next change from the state of the ring, one of each kind first, then any. */
function planner() {
    const pins = new Map();
    const kinds = {
        add: ({ standby }) => standby.length > 0 && { node: pick(random, standby) },
        weight: ({ members }) => {
            const member = pick(random, members);
            return { node: member.id, weight: pick(random, [25, 50, 75, 150, 200].filter((weight) => weight !== member.weight)) };
        },
        pin: ({ members, carried }) => {
            const channel = pick(random, [...rooms, ...timed]);
            return { channel, node: pick(random, members.filter(({ id }) => id !== carried.get(channel)[0])).id };
        },
        remove: ({ members }) => members.length > 2 && { node: pick(random, members).id },
        unpin: ({ members }) => {
            // A pin goes with its member.
            for (const [channel, node] of pins) if (!members.some(({ id }) => id === node)) pins.delete(channel);
            return pins.size > 0 && { channel: pick(random, [...pins.keys()]) };
        },
    };
    const all = Object.keys(kinds);
    const first = [...all];
    return (state) => {
        for (;;) {
            const kind = first.shift() ?? pick(random, all);
            const what = kinds[kind](state);
            if (!what) continue;
            if (kind === 'pin') pins.set(what.channel, what.node);
            if (kind === 'unpin') pins.delete(what.channel);
            const inSteps = (kind === 'add' || kind === 'remove') && random() < 0.25;
            return { kind, ...what, ...(inSteps ? { steps: [50, 100] } : {}) };
        }
    };
}

/** What moved is what the kind of the change says. */
function checkDirection({ kind, node, channel }, moved) {
    for (const [name, { from, to }] of moved) {
        if (kind === 'add' || kind === 'pin') assert.equal(to, node, `${name} moved from ${from} to ${to}`);
        if (kind === 'remove') assert.equal(from, node, `${name} moved from ${from} to ${to}`);
        if (kind === 'weight') assert.ok(from === node || to === node, `${name} moved from ${from} to ${to}`);
        if (kind === 'pin' || kind === 'unpin') assert.equal(name, channel);
    }
}

/** Where two maps of numbers differ, the first five. */
function differences(found, expected) {
    return [...new Set([...found.keys(), ...expected.keys()])]
        .filter((name) => found.get(name) !== expected.get(name))
        .slice(0, 5)
        .map((name) => `${name}: ${found.get(name) ?? 0} times, not ${expected.get(name) ?? 0}`);
}

await scenario(`planned changes under load (RINGCAST_SEED=${seed})`, async ({ step, after }) => {
    const world = await World.start(after, { nodes: 3, standby: 2, gateways: 3, settings: {
        limits: { commands_per_second: 0, publishes_per_second: 0 },
        router: { linger: '200ms' },
    } });
    const { cluster, traffic } = world;
    const [first, ...others] = cluster.gateways;
    /** Whose places are watched, and how many gateways are subscribed to each. */
    const watched = [
        { prefix: 'room-', channels: rooms, gateways: cluster.gateways.length },
        { prefix: 'timed-', channels: timed, gateways: 1 },
    ];
    const subscribersOf = new Map(watched.flatMap(({ channels, gateways }) => channels.map((channel) => [channel, gateways])));
    // Doors have a subscriber on one gateway only, so that each who comes to the others makes a subscription there.
    await traffic.open([...rooms, ...doors], { where: (gateway, channel) => gateway === first || channel.startsWith('room-') });

    const meter = await PauseMeter.start({ folder: cluster.folder, gateways: cluster.gateways, channels: timed, apart: apart.timed });
    after(() => meter.close());

    /** What the pause meter saw since the last call; its messages are judged by itself. */
    async function timings() {
        const seen = await meter.take();
        assert.deepEqual(seen.faults, []);
        return seen;
    }

    /** What fences themselves cost since the start, and no waiting for a core of the machine or for the network. */
    async function heldBack() {
        const { gateways } = cluster;
        const of = (name, labels) => Promise.all(gateways.map((gateway) => gateway.metric(name, labels)));
        const most = async (share) => (1000 * Math.max(...(await of('ringcast_publish_fenced_seconds', { quantile: `${share}` })))).toFixed(1);
        const count = (await of('ringcast_publishes_fenced_total')).reduce((sum, one) => sum + one);
        return `${count} publishes, at the slowest gateway p50 ${await most(0.5)} ms, p99.9 ${await most(0.999)} ms, max ${await most(1)} ms`;
    }

    /** Where channels are now; every one of them in its place. */
    async function placed() {
        await until('all channels to be in their places', async () => {
            for (const { prefix, channels, gateways } of watched) {
                const wrong = await world.misplaced(channels, prefix, gateways);
                if (wrong) throw new Error(wrong);
            }
            return true;
        });
        return new Map((await Promise.all(watched.map(({ prefix }) => world.carried(prefix)))).flatMap((carried) => [...carried]));
    }

    const planNext = planner();
    const pauses = { moved: [], stayed: [], later: [], lags: [], loads: [] };
    let movedCount = 0;
    let acceptedCount = 0;
    let refusedCount = 0;

    async function one({ say }) {
        const carried = await placed();
        const plan = planNext({ members: await world.members(), standby: await world.standby(), carried });
        const commands = await Promise.all(cluster.nodes.map((node) => Commands.open(node)));
        await timings();

        const entry = await world.change(plan);

        const now = await placed();
        const { waits, lag, load } = await timings();
        const moved = new Map([...subscribersOf.keys()].filter((channel) => now.get(channel)[0] !== carried.get(channel)[0])
            .map((channel) => [channel, { from: carried.get(channel)[0], to: now.get(channel)[0] }]));
        const [went, stayed] = [true, false].map((is) => [...waits].flatMap(([channel, wait]) => (moved.has(channel) === is ? [wait] : [])));
        pauses.moved.push(...went);
        pauses.stayed.push(...stayed);
        if (went.length > 0) pauses.later.push(quantile(went, 0.5) - quantile(stayed, 0.5));
        pauses.lags.push(lag);
        pauses.loads.push(load);
        movedCount += moved.size;
        say(`${plan.kind} ${[plan.channel, plan.node, plan.weight, plan.steps && 'in steps'].filter(Boolean).join(' ')}: ` +
            `view ${entry.view}, ${moved.size} channels moved in ${entry.took_ms} ms`);
        checkDirection(plan, moved);
        if (plan.kind !== 'unpin') assert.ok(moved.size > 0, 'something moved');

        // Exactly one SUBSCRIBE of each subscribed gateway where a channel comes to, one UNSUBSCRIBE where it comes from.
        for (const heard of commands) {
            const { id } = heard.node;
            const { subscribe, unsubscribe, accepted, refused } = await heard.since(watched.map(({ prefix }) => prefix));
            heard.close();
            const each = (end) => new Map([...moved].filter(([, ends]) => ends[end] === id).map(([channel]) => [channel, subscribersOf.get(channel)]));
            assert.deepEqual(differences(subscribe, each('to')), [], `SUBSCRIBE at ${id}`);
            // A node that leaves the ring need not be told: a gateway may close its connections first.
            const going = each('from');
            if (plan.kind === 'remove' && id === plan.node) {
                for (const [name, most] of going) {
                    const count = unsubscribe.get(name) ?? 0;
                    if (count === 0) going.delete(name);
                    else going.set(name, Math.min(count, most));
                }
            }
            assert.deepEqual(differences(unsubscribe, going), [], `UNSUBSCRIBE at ${id}`);
            // A fence refuses what moves. What stays goes by the next view before there is one, and so comes once.
            const sum = (counts) => [...counts.values()].reduce((all, count) => all + count, 0);
            refusedCount += sum(refused);
            acceptedCount += sum(accepted);
            assert.deepEqual([...refused].filter(([channel]) => !moved.has(channel)), [], `publishes refused at ${id} on channels that stay`);
        }
    }

    /** Visitors count, too. */
    function nobodyDisturbed() {
        assert.deepEqual(traffic.disturbances.slice(0, 5), [], 'nobody is disconnected or told of a gap');
        assert.deepEqual(traffic.errors.slice(0, 5), [], 'nobody has to try again');
    }

    /** Nothing happened to anybody since the last look. */
    async function undisturbed() {
        await traffic.settled();
        nobodyDisturbed();
        assert.deepEqual(traffic.histories.violations().slice(0, 5), []);
        traffic.histories.forget();
    }

    await step('a node that takes nothing over and gives nothing away hears of no subscription', async ({ say }) => {
        await placed();
        const before = new Map(await Promise.all(cluster.nodes.map(async (node) => [node.id, await subscribeCalls(node)])));
        const stop = traffic.stream({ channels: rooms, apart: apart.rooms });

        await world.change({ kind: 'add', node: 'redis-4' });

        await placed();
        const { refused } = await stop();
        assert.equal(refused, 0);
        for (const node of cluster.nodes) {
            const now = await subscribeCalls(node);
            const calls = { subscribe: now.subscribe - before.get(node.id).subscribe, unsubscribe: now.unsubscribe - before.get(node.id).unsubscribe };
            say(`${node.id}: ${calls.subscribe} SUBSCRIBE, ${calls.unsubscribe} UNSUBSCRIBE`);
            if (node.id === 'redis-4') {
                // Each gateway: the control channel, what moves in one command, and one to spare.
                assert.ok(calls.subscribe <= 3 * cluster.gateways.length, `${calls.subscribe}`);
                assert.equal(calls.unsubscribe, 0);
            } else {
                assert.equal(calls.subscribe, 0);
                assert.ok(calls.unsubscribe <= (node.id === 'redis-5' ? 0 : cluster.gateways.length), `${calls.unsubscribe}`);
            }
        }
        await undisturbed();
        await world.change({ kind: 'remove', node: 'redis-4' });
        await undisturbed();
    });

    await step(`${changeCount} changes in a row: nothing is lost, repeated or reordered, nobody is disturbed`, async ({ say }) => {
        const streams = [
            traffic.stream({ channels: rooms, apart: apart.rooms }),
            traffic.stream({ channels: doors, apart: apart.doors }),
        ];
        const visitors = others.map((gateway, i) => new Visitors({
            traffic, gateway, random, count: 4, channels: doors.filter((_, at) => at % others.length === i),
        }));
        after(() => visitors.forEach((one) => one.close()));
        for (const one of visitors) await one.start();
        await until('traffic', () => traffic.channels.every((channel) => traffic.publishers.every((publisher) => traffic.sentOn(publisher, channel) > 0)), { within: 60_000 });
        const quiet = [];
        await timings();
        for (let i = 0; i < 10; ++i) {
            await placed();  // as after a change
            quiet.push(...(await timings()).waits.values());
        }
        const taken = usedByOthers();
        const load = loadOfThisProcess();

        for (let i = 0; i < changeCount; ++i) {
            await one({ say });
            nobodyDisturbed();
            assert.deepEqual(traffic.histories.violations({ underWay: true }).slice(0, 5), []);
            traffic.histories.forget();
        }
        for (const one of visitors) await one.stop();
        const percent = (share) => `${(100 * share).toFixed(0)} %`;
        const loads = `others took ${percent(taken())} of the machine, this process ${percent(load())} of a core, ` +
            `the pause meter ${percent(quantile(pauses.loads, 0.5))}`;
        const ends = [...(await Promise.all(streams.map((stop) => stop()))), await meter.finish()];
        const sum = (of) => ends.reduce((all, one) => all + one[of], 0);

        say(`${movedCount} channels moved, ${sum('published')} publishes, ${visitors.reduce((all, { visits }) => all + visits, 0)} visits; ${loads}`);
        say(`longest wait for an answer on each channel, ten times before the first change: ${spread(quiet, shares)}`);
        say(`... in each change, channels that stayed: ${spread(pauses.stayed, shares)}`);
        say(`... in each change, channels that moved: ${spread(pauses.moved, shares)} (to reach: p99.9 50 ms, max 200 ms)`);
        say(`of ${acceptedCount} publishes during changes ${refusedCount} were refused by a fence and sent again, all on channels that moved`);
        say(`kept back by a fence, as the gateways tell: ${await heldBack()}`);
        say(`of this the pause meter's own, the longest in each change: ${spread(pauses.lags)}`);
        assert.ok(acceptedCount > 0, 'publishes are seen at the nodes');
        assert.equal(sum('refused'), 0);
        assert.deepEqual(ends.at(-1).faults, [], 'what the pause meter sent came once and in order');
        await undisturbed();
        // Of a change, the middle one of the channels that moved against the middle one of those that stayed; of that, the middle one
        // of all changes: whatever comes now and then, or makes all wait alike, is not in it, a second at each fence is. What gateways
        // tell of fences would be no measure: a few publishes are kept back in all, and one slow fence outweighs the others.
        assert.ok(quantile(pauses.later, 0.5) <= laterMost, `channels that moved were answered on ${spread(pauses.later, [0.5])} later`);
        if (changeCount >= judgedFrom) {
            // What a busy machine adds it adds to those that stayed as well.
            assert.ok(quantile(pauses.moved, 0.999) <= quantile(pauses.stayed, 0.999) + 50);
            assert.ok(quantile(pauses.moved, 1) <= quantile(pauses.stayed, 1) + 200);
            // A pause of all alike would not show in that.
            assert.ok(quantile(pauses.stayed, 1) <= quantile(quiet, 1) + 200);
        }
    });

    await step('all is whole', async () => {
        await world.whole(rooms, 'room-');
        await undisturbed();
    });
});
