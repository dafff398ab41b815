// Something dies, or freezes for a while, in the middle of a handoff: afterwards the ring is whole, one view
// everywhere, everybody subscribed; nothing is lost that was not told, and nobody is told whose channels
// and gateway had no part in it. An agent that is frozen for longer than a lease lasts costs its node the publishes.
//
// RINGCAST_STEP: prepare, fence, commit or leave. RINGCAST_DEATHS=all: every case, not the selection. RINGCAST_SEED: repeats a run.

import assert from 'node:assert/strict';

import { inTime, pause } from '../../../deploy/cluster/wait.js';
import { thaw } from '../../support/cluster/ensemble.js';
import { scenario } from '../../support/cluster/scenario.js';
import { victimsNamed } from './victims.js';
import { World, statusOf, until } from './world.js';

const stepName = process.env.RINGCAST_STEP ?? 'prepare';
const everything = process.env.RINGCAST_DEATHS === 'all';
const only = process.env.RINGCAST_CASE?.split(',');

/** The bystander is frozen for a part of it, and must not be missed. */
const sessionTimeout = 4000;
/** Longer than a session and a lease (5 s) last: whoever is frozen so long is gone, and does not know it. */
const longFreeze = 2 * sessionTimeout;
/** Shorter than any timeout: nobody may lose anything. */
const shortFreeze = 700;
/**
 * Channels a second that a gateway subscribes or leaves. What is subscribed goes in commands as full as they get, so in
 * prepare the first is sent soon and the frozen bystander holds the step; leaving is slow enough to act in between.
 */
const rate = { prepare: 1000, fence: 0, commit: 0, leave: 40 }[stepName];

/** Where a node is fenced; its key begins with a byte that is no text. */
const readFence = "return redis.call('GET', '\\255ringcast:fence')";

const rooms = Array.from({ length: 240 }, (_, i) => `room-${i}`);

/** [who, how, whether it belongs to the selection for this step] */
const cases = {
    prepare: [
        ['coordinator', 'killed', true],
        ['coordinator', 'frozen', false],
        ['gateway', 'killed', false],
        ['gateway', 'frozen', true],
        ['agent of the old owner', 'killed', false],
        ['agent of the old owner', 'frozen', false],
        ['agent of the old owner', 'frozen shortly', false],
        ['agent of the new owner', 'killed', true],
        ['agent of the new owner', 'frozen', false],
        ['old owner', 'killed', false],
        ['old owner', 'frozen', false],
        ['old owner', 'frozen shortly', true],
        ['new owner', 'killed', true],
        ['new owner', 'frozen', false],
        ['new owner', 'frozen shortly', false],
        ['coordinator and new owner', 'killed', false],
        ['gateway and old owner', 'killed', false],
        ['ZooKeeper', 'killed', false],
        ['ZooKeeper', 'frozen', false],
        ["ZooKeeper's leader", 'killed', false],
    ],
    fence: [
        ['coordinator', 'killed', true],
        ['coordinator', 'frozen', false],
        ['gateway', 'killed', true],
        ['gateway', 'frozen', false],
        ['agent of the old owner', 'killed', false],
        ['agent of the old owner', 'frozen', true],
        ['agent of the new owner', 'killed', false],
        ['agent of the new owner', 'frozen', false],
        ['old owner', 'killed', true],
        ['old owner', 'frozen', false],
        ['new owner', 'killed', false],
        ['new owner', 'frozen', false],
        ['new owner', 'frozen shortly', true],
        ['coordinator and gateway', 'killed', false],
        ['coordinator and new owner', 'killed', false],
        ['ZooKeeper', 'killed', true],
        ['ZooKeeper', 'frozen', false],
        ["ZooKeeper's leader", 'killed', false],
    ],
    commit: [
        ['coordinator', 'killed', true],
        ['coordinator', 'frozen', false],
        ['gateway', 'killed', false],
        ['gateway', 'frozen', false],
        ['agent of the old owner', 'killed', false],
        ['agent of the old owner', 'frozen', false],
        ['agent of the new owner', 'killed', false],
        ['agent of the new owner', 'frozen', false],
        ['old owner', 'killed', false],
        ['old owner', 'frozen', false],
        ['old owner', 'frozen shortly', false],
        ['new owner', 'killed', false],
        ['new owner', 'frozen', false],
        ['new owner', 'frozen shortly', false],
        ['coordinator and new owner', 'killed', true],
        ['coordinator and old owner', 'killed', false],
        ['ZooKeeper', 'killed', false],
        ['ZooKeeper', 'frozen', false],
    ],
    leave: [
        ['coordinator', 'killed', true],
        ['coordinator', 'frozen', true],
        ['gateway', 'killed', false],
        ['gateway', 'frozen', true],
        ['agent of the old owner', 'killed', true],
        ['agent of the old owner', 'frozen', false],
        ['agent of the new owner', 'killed', false],
        ['agent of the new owner', 'frozen', false],
        ['old owner', 'killed', true],
        ['old owner', 'frozen', false],
        ['old owner', 'frozen shortly', false],
        ['new owner', 'killed', false],
        ['new owner', 'frozen', false],
        ['new owner', 'frozen shortly', false],
        ['coordinator and old owner', 'killed', false],
        ['ZooKeeper', 'killed', false],
        ['ZooKeeper', 'frozen', false],
        ["ZooKeeper's leader", 'killed', false],
    ],
}[stepName];

/** The kinds of change, in turns: each case takes the next that is possible. `old` and `young`: who gives away, who gets. */
const kinds = {
    add: ({ node1, node4, carries }) => !carries(node4) && { node: node4.id, old: node1, young: node4 },
    weight: ({ node1, node4, carries }) => carries(node4) && { node: node4.id, weight: 150, old: node1, young: node4 },
    pin: ({ node1, node4, carries, channelOf }) => carries(node4) && { channel: channelOf(node1), node: node4.id, old: node1, young: node4 },
    remove: ({ node1, node4, carries }) => carries(node4) && { node: node4.id, old: node4, young: node1 },
};

/** The next change, of a kind that was not asked for longest. The one channel of a pin is left before anybody can die. */
function planner(nodes) {
    const turns = Object.keys(kinds).filter((kind) => kind !== 'pin' || stepName !== 'leave');
    return (carried) => {
        const at = [...carried].map(([channel, [node]]) => ({ channel, node }));
        const channelOf = (node) => at.find((one) => one.node === node.id)?.channel;
        const carries = (node) => channelOf(node) !== undefined;
        for (const kind of turns) {
            const plan = kinds[kind]({ ...nodes, carries, channelOf });
            if (!plan) continue;
            turns.push(...turns.splice(turns.indexOf(kind), 1));
            return { kind, ...plan };
        }
        throw new Error('no change is possible');
    };
}

await scenario(`death in the step ${stepName} of a handoff`, async ({ step, after }) => {
    const world = await World.start(after, {
        nodes: 3, standby: 1, gateways: 3, sessionTimeout,
        settings: { limits: { commands_per_second: 0, publishes_per_second: 0 } },
    });
    const { cluster, traffic } = world;
    await traffic.open(rooms);

    /**
     * Asks for a change and brings it to the step; then holds it there. The bystander, a gateway that neither
     * leads nor is to die, and on which nobody publishes, is frozen in prepare: without its acknowledgement there
     * is no fence. In fence an old owner takes no scripts for a while: it answers who asks whether it lives, and
     * is not fenced yet. In commit every old owner is fenced, and ZooKeeper frozen: that the view is in force waits for
     * it. `during`: where channels are then.
     */
    async function brought({ old, young, leader, bystander, ...request }) {
        const before = await world.written();
        const written = (count) => until(`the view to be written ${count} times`, async () => (await world.written()) >= before + count, { every: 1, within: 15_000 });
        if (stepName !== 'leave') bystander.child.freeze();
        const asked = await world.ask({ ...request, rate });
        let release = async () => bystander.child.thaw();
        let during;
        await written(1);
        if (stepName === 'prepare') {
            await until('some of the channels to be subscribed at the new owners', async () => {
                during = await world.carried('room-');
                return [...during.values()].some((nodes) => nodes.length > 1);
            }, { every: 5 });
        }
        if (stepName === 'fence' || stepName === 'commit') {
            const view = await acknowledged(2);
            during = await world.carried('room-');
            await old.command('CLIENT', 'PAUSE', '20000', 'WRITE');
            release = () => old.command('CLIENT', 'UNPAUSE');
            bystander.child.thaw();
            await written(2);
            if (stepName === 'commit') {
                await until('all other old owners to be fenced', async () => {
                    const { stage, waiting_for: missing } = (await statusOf(leader)).coordination?.handoff ?? {};
                    return stage === 'fence' && missing.length === 1 && missing[0] === old.id;
                }, { every: 2 });
                cluster.zookeeper.freeze();
                await release();
                release = () => thaw(cluster.zookeeper);
                await until('the old owner to be fenced', async () => Number(await old.command('EVAL', readFence, '0')) >= view, { every: 1 });
            }
        }
        if (stepName === 'leave') {
            await written(3);
            during = await world.carried('room-');
            release = async () => {};
        }
        return { asked, release, during };
    }

    /** Waits until so many gateways have prepared for a view that is not in force yet; resolves to its number. */
    async function acknowledged(count) {
        const { view } = await cluster.status();
        return until(`${count} gateways to have prepared`, async () => {
            const tree = await world.tree();
            for (const number of await tree.children(world.path('acks'))) {
                if (number > view && (await tree.children(world.path('acks', number, 'prepare'))).length >= count) return Number(number);
            }
            return false;
        }, { every: 2 });
    }

    /** Does it to all of them; resolves, once that is over, to what brings them back. */
    async function end(victims, how) {
        const all = (what) => Promise.all(victims.map((victim) => victim[what]()));
        if (how === 'killed') {
            await all('kill');
            return () => all('revive');
        }
        await all('freeze');
        await pause(how === 'frozen shortly' ? shortFreeze : longFreeze);
        return () => all('thaw');
    }

    const planNext = planner({ node1: cluster.node('redis-1'), node4: cluster.node('redis-4') });

    for (const [who, how, selected] of cases) {
        const name = `${who} ${how}`;
        if (only ? !only.includes(name) : !everything && !selected) continue;
        await step(name, async ({ say }) => {
            await world.whole(rooms, 'room-');
            traffic.histories.forget();
            traffic.disturbances.length = 0;
            const leader = await world.leader();
            const [gateway, bystander] = cluster.gateways.filter((one) => one !== leader);
            const before = await world.carried('room-');
            const plan = planNext(before);
            let now;

            const refused = [];
            traffic.onAnswer = (channel, publisher, done) => done || refused.push({ channel, gateway: publisher.gateway });
            const stop = traffic.stream({ apart: 200, only: (publisher) => publisher.gateway !== bystander });
            const { asked, release, during } = await brought({ ...plan, leader, bystander });

            const carriedThen = () => [before, during, now];
            const victims = await victimsNamed(who, { world, leader, gateway, old: plan.old, young: plan.young, carriedThen });
            const begin = performance.now();
            const ending = end(victims, how);
            const struck = Date.now();
            const holdsItself = who.split(' and ').includes({ fence: 'old owner', commit: 'ZooKeeper' }[stepName]);
            if (!holdsItself) await release();
            const back = await ending;
            // A dead gateway or Redis is missed first; the lease of a node without agent lasts for five seconds.
            const missed = victims.flatMap((victim) => victim.missed ?? []);
            if (how === 'killed' && missed.length > 0) {
                await until(`${name} to be noticed`, async () => {
                    const status = await cluster.status();
                    return status.view && missed.every((is) => is(status));
                }, { every: 50, within: 20_000 });
            }
            await inTime(`${name} to be back`, back(), 30_000);
            if (holdsItself) await release();

            const entry = await world.done(asked, 60_000);
            say(`${plan.kind} ${plan.channel ?? ''} ${plan.node}: ${entry.done ? 'done' : `not done (${entry.reason})`}, over ${Math.round(performance.now() - begin)} ms after the ${how === 'killed' ? 'kill' : 'freeze'}`);
            assert.ok(entry.created >= struck, 'the change was still under way');
            if (stepName !== 'prepare') assert.ok(entry.done, 'from the first fence on there is only forward');
            await until('every node to be announced', async () => {
                const { members, standby = [] } = await cluster.status();
                return cluster.nodes.every(({ id }) => standby.some((one) => one.id === id) || members.some((one) => one.id === id && one.registered));
            }, { every: 50, within: 20_000 });
            // The ring that the next case begins with; whoever is a member already stays one.
            for (const id of ['redis-1', 'redis-2', 'redis-3']) await world.change({ kind: 'add', node: id }, 60_000);
            await stop();
            await world.whole(rooms, 'room-');
            now = await world.carried('room-');
            await traffic.settled();

            assert.deepEqual(traffic.histories.violations().slice(0, 5), [], 'nothing is lost that was not told');
            // Who may have noticed: the clients of a gateway that was away, the channels of a Redis that was.
            const suffers = (one) => how !== 'frozen shortly' && victims.some((victim) => victim.suffers(one));
            // A lease outlives an agent that is started again at once.
            const refuses = (one) => suffers(one) || (how === 'frozen' && victims.some((victim) => victim.refuses(one)));
            const told = traffic.disturbances.map((one) => ({ ...one, gateway: cluster.gateways.find(({ id }) => id === one.gateway) }));
            const others = told.filter((one) => !suffers(one)).map(({ who: whom, channel, code, reason }) => `${whom} ${channel ?? ''}: ${code} ${reason}`);
            say(`${told.length} connections and subscriptions told of trouble, ${refused.length} publishes refused`);
            assert.deepEqual(others.slice(0, 5), [], 'nobody else is disturbed');
            assert.deepEqual(refused.filter((one) => !refuses(one)).map(({ channel, gateway: { id } }) => `${channel} from ${id}`).slice(0, 5), [], 'no other publish is refused');
        });
    }
});
