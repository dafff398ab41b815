// A member comes back at another address while its former one may still be reached: its Redis there lives on, and whoever knows no
// other address can publish there. Its arcs stay with it. The former address has to have lost its lease before the next one
// comes into force; what it accepted before is lost to nobody who was not told. Prints how long each part takes.
//
// RINGCAST_MOVES=all: every case, not the selection. RINGCAST_CASE: these alone, commas between them.

import assert from 'node:assert/strict';

import { freePort } from '../../../deploy/cluster/ports.js';
import { scenario } from '../../support/cluster/scenario.js';
import { Accepted } from './accepted.js';
import { Commands } from './commands.js';
import { clusterOnLines, isOfGateway, untilAloneWith } from './lines.js';
import { until } from './world.js';

const everything = process.env.RINGCAST_MOVES === 'all';
const only = process.env.RINGCAST_CASE?.split(',');

const rooms = Array.from({ length: 120 }, (_, i) => `room-${i}`);

/** How the coordinator learns that nobody publishes at the former address any more, as history tells. */
const waited = /the former address its lease has ended/;
const refused = /the former address nothing listens there/;
const yielded = /the former address it gave up its lease/;

await scenario('a member that moves to another address', async ({ step, after }) => {
    const { world, members, gateway, agentLine, gatewayLine, lineTo } = await clusterOnLines(after);
    const { cluster, traffic } = world;
    const moving = members.at(-1);
    const { node } = moving;
    const others = members.slice(0, -1);
    await traffic.open(rooms);

    /** The gateway goes on with the moving member's former address, and sees nobody else. */
    function isolate() {
        const isGateway = isOfGateway(gateway);
        for (const { line } of others) line.cut(isGateway);
        moving.line.cut(isGateway);
        gatewayLine.cut();
    }
    const mend = () => [agentLine, gatewayLine, ...members.map(({ line }) => line)].forEach((line) => line.mend());

    /** Where each channel is subscribed; a link that is just being made again passes. */
    const places = () => until('every channel to have its place', async () => {
        const carried = await world.carried('room-');
        return rooms.every((channel) => carried.get(channel)?.length === 1) && carried;
    });

    /** Where the node is registered. */
    const registered = async () => JSON.parse(await (await world.tree()).get(world.path('nodes', node.id))).address;
    const registers = () => until('it to be registered elsewhere', async () => (await registered()) === moving.line.address, { every: 5 });

    async function startAnew(former) {
        await former.agent.stop();
        await node.agent.start();
    }

    /** `isolated`: the last gateway is; `begin`: with what the node was before; `how`: history tells it came to its end. */
    const cases = {
        'its agent is started anew with another Redis': {
            how: waited,
            begin: startAnew,
        },
        'its agent is started anew with another Redis while a gateway goes on with the former one': {
            selected: true,
            isolated: true,
            how: waited,
            begin: startAnew,
        },
        'another agent is started while the former one is cut off from ZooKeeper and a gateway goes on with it': {
            isolated: true,
            how: waited,
            zookeeper: cluster.zookeeper.hosts,
            begin: async () => {
                agentLine.cut();
                await node.agent.start();  // it is registered when the session of the former has expired
            },
        },
        'its Redis ends when another one is announced': {
            how: refused,
            begin: async (former, formerLine) => {
                await former.agent.stop();
                await node.agent.start();
                await registers();
                await former.redis.kill9();
                formerLine.close();  // or somebody would listen there
            },
        },
        'its Redis is frozen until another one is announced': {
            how: yielded,
            begin: async (former) => {
                former.redis.freeze();
                await node.agent.start();  // it is registered when the former agent has withdrawn
                await registers();
                former.redis.thaw();
            },
        },
    };

    for (const [name, { begin, how, selected = false, isolated = false, zookeeper = agentLine.address }] of Object.entries(cases)) {
        if (only ? !only.includes(name) : !everything && !selected) continue;
        await step(name, async ({ say }) => {
            await world.whole(rooms, 'room-');
            traffic.histories.forget();
            traffic.disturbances.length = 0;
            const { digest } = await cluster.status();
            const carried = await places();
            const its = rooms.filter((channel) => carried.get(channel)[0] === node.id);
            assert.ok(its.length > 0);

            const port = await freePort();
            const formerLine = moving.line;
            moving.line = await lineTo(port);
            const former = await cluster.moveNode(node, { port, advertise: moving.line.address, zookeeper });
            const accepted = [await Accepted.open(former), await Accepted.open(node)];
            const commands = await Promise.all(others.map((other) => Commands.open(other.node)));

            let moved = false;
            const refusedOn = new Set();
            const waiting = new Set(its);  // took no publish yet after it moved
            const suffers = (channel, where) => its.includes(channel) || (isolated && where === gateway.id);
            let from;
            let wentOn = 0;  // publishes of the last gateway on its channels, sent and taken after the beginning
            traffic.onAnswer = (channel, publisher, done, took) => {
                const where = publisher.gateway.id;
                if (!done && !suffers(channel, where)) refusedOn.add(`${channel} from ${where}`);
                if (done && moved && where !== gateway.id) waiting.delete(channel);
                if (done && where === gateway.id && its.includes(channel) && performance.now() - took > from) ++wentOn;
            };
            const since = () => `${((performance.now() - from) / 1000).toFixed(1)} s`;
            const stop = traffic.stream({ apart: 200 });
            await until('publishes on all its channels', async () => (await accepted[0].on(its)).channels === its.length);
            if (isolated) isolate();
            from = performance.now();
            await begin(former, formerLine);

            await until('its new address to be in force', async () => {
                const member = (await world.members()).find(({ id }) => id === node.id);
                return member.address === moving.line.address;
            }, { within: 30_000 });
            moved = true;
            const inForce = since();
            await until('its channels to take publishes', () => waiting.size === 0, { within: 20_000, every: 5 });
            say(`at the next address after ${inForce}, all ${its.length} channels take publishes after ${since()}`);

            for (const watched of commands) {
                const { subscribe, unsubscribe } = await watched.since(['room-']);
                assert.deepEqual([[...subscribe.keys()], [...unsubscribe.keys()]], [[], []], 'other members hear of nothing');
                watched.close();
            }
            if (isolated) {
                await untilAloneWith(formerLine.address, gateway);
                assert.ok(wentOn > 0, 'the gateway has gone on with the former address');
            }
            mend();
            await stop();

            const [before, afterwards] = [await accepted[0].on(its, former.redis), await accepted[1].on(its)];
            for (const each of accepted) each.close();
            say(`from the last publish accepted at the former address to the first at the next one: ${(afterwards.first - before.last).toFixed(2)} s`);
            assert.equal(afterwards.channels, its.length, 'all its channels are at the next one');
            assert.ok(before.last < afterwards.first, 'nobody publishes at both addresses at a time');

            await world.whole(rooms, 'room-');
            assert.deepEqual(traffic.histories.violations().slice(0, 5), [], 'nothing is lost that was not told');
            const elsewhere = traffic.disturbances.filter(({ channel, gateway: where }) => !suffers(channel, where));
            assert.deepEqual(elsewhere.slice(0, 5), [], 'who is told has a channel of it');
            assert.deepEqual([...refusedOn].slice(0, 5), [], 'other channels take all publishes');

            assert.equal((await cluster.status()).digest, digest, 'the ring is the same');
            const now = await places();
            assert.deepEqual(rooms.filter((channel) => now.get(channel)[0] !== carried.get(channel)[0]), [], 'no channel has moved');
            if (former.redis.running) {
                assert.deepEqual(await former.channels('room-'), [], 'nobody is subscribed at the former address');
            }
            const { what, reason } = await until('history to tell it', async () => {
                const { history } = await cluster.ctl('history');
                return history.findLast((entry) => entry.what === 'address' && entry.reason.includes(moving.line.address));
            }, { every: 50 });
            assert.equal(what, 'address');
            assert.match(reason, how);
            await former.agent.stop();
            await former.redis.stop();
        });
    }
});
