// Planned changes of the ring, one after another, while people talk and come and go: nothing is lost, repeated or
// reordered, nobody is told of a gap or disconnected, and channels that stay are not touched.
//
// RINGCAST_CHANGES: how many (5). RINGCAST_SEED: repeats a run. From 20 changes on pauses are judged, not only told.

import assert from 'node:assert/strict';

import { scenario } from '../../support/cluster/scenario.js';
import { spread, quantile } from '../../support/cluster/traffic.js';
import { usedByOthers } from '../../support/cluster/machine.js';
import { Commands, subscribeCalls } from './commands.js';
import { Visitors } from './visitors.js';
import { World, pick, randomFrom, seed, until } from './world.js';

const changeCount = Number(process.env.RINGCAST_CHANGES ?? 5);
const judgedFrom = 20;

const random = randomFrom(seed);
const rooms = Array.from({ length: 240 }, (_, i) => `room-${i}`);
const doors = Array.from({ length: 48 }, (_, i) => `door-${i}`);
/** Between two messages of a publisher on a channel, in milliseconds. */
const apart = 250;
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
            const channel = pick(random, rooms);
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
    // Doors have a subscriber on one gateway only, so that each who comes to the others makes a subscription there.
    await traffic.open([...rooms, ...doors], { where: (gateway, channel) => gateway === first || channel.startsWith('room-') });

    /** publisher and channel -> the longest wait for an answer since it was emptied */
    let waits = new Map();
    traffic.onAnswer = (channel, publisher, done, ms) => {
        const key = `${publisher.name} ${channel}`;
        if (!(waits.get(key) > ms)) waits.set(key, ms);
    };
    const waitsOf = (channels) => {
        const wanted = new Set(channels);
        return [...waits].filter(([key]) => wanted.has(key.slice(key.lastIndexOf(' ') + 1))).map(([, ms]) => ms);
    };

    /** Where channels are now; every one of them in its place. */
    async function placed() {
        await until('all channels to be in their places', async () => {
            const wrong = await world.misplaced(rooms, 'room-');
            if (wrong) throw new Error(wrong);
            return true;
        });
        return world.carried('room-');
    }

    const planNext = planner();
    const pauses = { moved: [], stayed: [] };
    let movedCount = 0;

    async function one({ say }) {
        const carried = await placed();
        const plan = planNext({ members: await world.members(), standby: await world.standby(), carried });
        const commands = await Promise.all(cluster.nodes.map((node) => Commands.open(node)));
        waits = new Map();

        const entry = await world.change(plan);

        const now = await placed();
        const moved = new Map(rooms.filter((channel) => now.get(channel)[0] !== carried.get(channel)[0])
            .map((channel) => [channel, { from: carried.get(channel)[0], to: now.get(channel)[0] }]));
        const stayed = rooms.filter((channel) => !moved.has(channel));
        pauses.moved.push(...waitsOf(moved.keys()));
        pauses.stayed.push(...waitsOf(stayed));
        movedCount += moved.size;
        say(`${plan.kind} ${[plan.channel, plan.node, plan.weight, plan.steps && 'in steps'].filter(Boolean).join(' ')}: ` +
            `view ${entry.view}, ${moved.size} channels moved in ${entry.took_ms} ms`);
        checkDirection(plan, moved);
        if (plan.kind !== 'unpin') assert.ok(moved.size > 0, 'something moved');

        // Exactly one SUBSCRIBE of each gateway where a channel comes to, one UNSUBSCRIBE where it comes from.
        for (const watched of commands) {
            const { id } = watched.node;
            const { subscribe, unsubscribe } = await watched.since('room-');
            watched.close();
            const each = (end) => new Map([...moved].filter(([, ends]) => ends[end] === id).map(([channel]) => [channel, cluster.gateways.length]));
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
        }
    }

    /** Nothing happened to anybody since the last look. */
    async function undisturbed() {
        await traffic.settled();
        assert.deepEqual(traffic.disturbances.slice(0, 5), [], 'nobody is disconnected or told of a gap');
        assert.deepEqual(traffic.histories.violations().slice(0, 5), []);
        traffic.histories.forget();
    }

    await step('a node that takes nothing over and gives nothing away hears of no subscription', async ({ say }) => {
        await placed();
        const before = new Map(await Promise.all(cluster.nodes.map(async (node) => [node.id, await subscribeCalls(node)])));
        const stop = traffic.stream({ channels: rooms, apart });

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
        const stop = traffic.stream({ apart });
        const visitors = others.map((gateway, i) => new Visitors({
            traffic, gateway, random, count: 4, channels: doors.filter((_, at) => at % others.length === i),
        }));
        for (const one of visitors) await one.start();
        await until('traffic', () => waits.size === 3 * (rooms.length + doors.length));
        const quiet = waitsOf(rooms);
        const taken = usedByOthers();

        for (let i = 0; i < changeCount; ++i) {
            await one({ say });
            assert.deepEqual(traffic.disturbances.slice(0, 5), [], 'nobody is disconnected or told of a gap');
            assert.deepEqual(traffic.histories.violations({ underWay: true }).slice(0, 5), []);
            traffic.histories.forget();
        }
        for (const one of visitors) await one.stop();
        const { published, refused } = await stop();

        say(`${movedCount} channels moved, ${published} publishes, ${visitors.reduce((sum, { visits }) => sum + visits, 0)} visits, ` +
            `others took ${(100 * taken()).toFixed(0)} % of the machine`);
        say(`longest wait for an answer of each channel and publisher, before the first change: ${spread(quiet, shares)}`);
        say(`... in each change, channels that stayed: ${spread(pauses.stayed, shares)}`);
        say(`... in each change, channels that moved: ${spread(pauses.moved, shares)}`);
        assert.equal(refused, 0);
        await undisturbed();
        if (changeCount >= judgedFrom) {
            // What a busy machine adds it adds to those that stayed as well.
            assert.ok(quantile(pauses.moved, 0.999) <= quantile(pauses.stayed, 0.999) + 50);
            assert.ok(quantile(pauses.moved, 1) <= quantile(pauses.stayed, 1) + 200);
        }
    });

    await step('all is whole', async () => {
        await world.whole(rooms, 'room-');
        await undisturbed();
    });
});
