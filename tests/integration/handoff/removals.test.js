// A member is taken for dead, and may be alive: its channels go to others once it accepts nothing any more; what it accepted
// before is lost to nobody who was not told. It comes back when it can be reached again. Prints how long each part takes.
//
// RINGCAST_REMOVALS=all: every case, not the selection. RINGCAST_CASE: these alone, commas between them.

import assert from 'node:assert/strict';

import { freePort } from '../../../deploy/cluster/ports.js';
import { Line } from '../../support/cluster/line.js';
import { scenario } from '../../support/cluster/scenario.js';
import { World, until } from './world.js';

const everything = process.env.RINGCAST_REMOVALS === 'all';
const only = process.env.RINGCAST_CASE?.split(',');

const rooms = Array.from({ length: 120 }, (_, i) => `room-${i}`);

await scenario('a member that is taken for dead', async ({ step, after }) => {
    const world = await World.start(after, { nodes: 1, standby: 0, gateways: 2 });
    const { cluster, traffic } = world;

    async function lineTo(port) {
        const line = await Line.to(port);
        after(() => line.close());
        return line;
    }
    // Gateways reach the members by lines that can be cut, and so do the last member's agent and the last gateway ZooKeeper.
    const zookeeper = cluster.zookeeper.members[0].port;
    const [agentLine, gatewayLine] = await Promise.all([zookeeper, zookeeper].map(lineTo));
    const members = [];
    for (const options of [{}, {}, { zookeeper: agentLine.address }]) {
        const port = await freePort();
        const line = await lineTo(port);
        members.push({ line, node: await cluster.addNode({ port, advertise: line.address, ...options }) });
    }
    const { node, line: nodeLine } = members.at(-1);
    await world.change({ kind: 'remove', node: 'redis-1' });
    const gateway = await cluster.addGateway({ zookeeper: gatewayLine.address });
    await traffic.open(rooms);

    const agentAndNode = [agentLine, nodeLine];

    /** Cuts the last member off together with the last gateway: between these two all goes on. */
    function cutWithGateway() {
        const isGateway = (greeting) => greeting.includes(`ringcast:${gateway.id}:`);  // CLIENT SETNAME
        for (const { line } of members) line.cut(line === nodeLine ? (greeting) => !isGateway(greeting) : isGateway);
        agentLine.cut();
        gatewayLine.cut();
    }

    const cutBoth = 'its host is cut off together with a gateway';
    /** [what happens, to it, how that ends, whether it belongs to the selection] */
    const cases = [
        ['its Redis is killed', () => node.redis.kill9(), () => node.redis.start(), false],
        ['its Redis is frozen', () => node.redis.freeze(), () => node.redis.thaw(), false],
        ['its host is frozen', () => [node.redis, node.agent].forEach((child) => child.freeze()), () => [node.agent, node.redis].forEach((child) => child.thaw()), true],
        ['gateways are cut off from its Redis', () => nodeLine.cut(), () => nodeLine.mend(), false],
        ['its host is cut off', () => agentAndNode.forEach((line) => line.cut()), () => agentAndNode.forEach((line) => line.mend()), false],
        // They go on together until the lease ends: what the Redis takes of that gateway nobody else hears.
        [cutBoth, cutWithGateway, () => [agentLine, gatewayLine, ...members.map(({ line }) => line)].forEach((line) => line.mend()), true],
    ];

    const isMember = async () => (await world.members()).some(({ id }) => id === node.id);

    for (const [name, begin, end, selected] of cases) {
        if (only ? !only.includes(name) : !everything && !selected) continue;
        await step(name, async ({ say }) => {
            await world.whole(rooms, 'room-');
            traffic.histories.forget();
            traffic.disturbances.length = 0;
            const carried = await world.carried('room-');
            const its = new Set(rooms.filter((channel) => carried.get(channel)[0] === node.id));
            assert.ok(its.size > 0);

            const from = performance.now();
            const since = () => `${((performance.now() - from) / 1000).toFixed(1)} s`;
            let ended = false;
            const refused = new Set();
            /** Those of its channels that took no publish yet, after it was removed. */
            const waiting = new Set(its);
            const suffers = (channel, where) => its.has(channel) || (name === cutBoth && where === gateway.id);
            traffic.onAnswer = (channel, publisher, done) => {
                const where = publisher.gateway.id;
                if (!done && !suffers(channel, where)) refused.add(`${channel} from ${where}`);
                if (done && ended && where !== gateway.id) waiting.delete(channel);
            };
            const stop = traffic.stream({ apart: 200 });
            await begin();

            await until('it to be no member', async () => !(await isMember()), { within: 30_000, every: 20 });
            ended = true;
            const removed = since();
            await until('its channels to take publishes', () => waiting.size === 0, { within: 20_000, every: 5 });
            say(`removed after ${removed}, all its channels take publishes after ${since()}`);

            await end();
            await until('it to be announced', async () => {
                const { members, standby = [] } = await cluster.status();
                return [...members, ...standby].some(({ id, registered = true }) => id === node.id && registered);
            }, { within: 30_000, every: 50 });
            await world.change({ kind: 'add', node: node.id }, 60_000);
            await stop();
            await world.whole(rooms, 'room-');

            assert.deepEqual(traffic.histories.violations().slice(0, 5), [], 'nothing is lost that was not told');
            const others = traffic.disturbances.filter(({ channel, gateway: where }) => !suffers(channel, where));
            assert.deepEqual(others.slice(0, 5), [], 'who is told has a channel of it');
            assert.deepEqual([...refused].slice(0, 5), [], 'other channels take all publishes');
        });
    }
});
