// A member is taken for dead, and may be alive: its channels go to others once it accepts nothing any more; what it accepted
// before is lost to nobody who was not told. Or it lives, and its agent does not. It comes back when it can be reached again. Prints how long each part takes.
//
// RINGCAST_REMOVALS=all: every case, not the selection. RINGCAST_CASE: these alone, commas between them.

import assert from 'node:assert/strict';

import { scenario } from '../../support/cluster/scenario.js';
import { clusterOnLines, isOfAgent, isOfGateway, untilAloneWith } from './lines.js';
import { until } from './world.js';

const everything = process.env.RINGCAST_REMOVALS === 'all';
const only = process.env.RINGCAST_CASE?.split(',');

const rooms = Array.from({ length: 120 }, (_, i) => `room-${i}`);

await scenario('a member that is taken for dead', async ({ step, after }) => {
    const { world, members, gateway, agentLine, gatewayLine } = await clusterOnLines(after);
    const { cluster, traffic } = world;
    const { node, line: nodeLine } = members.at(-1);
    const otherLines = members.slice(0, -1).map(({ line }) => line);
    const allLines = [agentLine, gatewayLine, nodeLine, ...otherLines];
    await traffic.open(rooms);

    const isGateway = isOfGateway(gateway);
    const isAgent = isOfAgent(node);

    /** Cuts the last member off from everybody; its agent is on the same host. */
    function cutHost() {
        for (const line of [agentLine, nodeLine]) line.cut();
        for (const line of otherLines) line.cut(isAgent);
    }

    /** ... but for the last gateway, which is cut off from all others: between these two all goes on. */
    function cutWithGateway() {
        nodeLine.cut((greeting) => !isGateway(greeting));
        for (const line of otherLines) line.cut((greeting) => isGateway(greeting) || isAgent(greeting));
        agentLine.cut();
        gatewayLine.cut();
    }

    const mend = () => allLines.forEach((line) => line.mend());

    const cutBoth = 'its host is cut off together with a gateway';
    /** It answers, and is moved out by a handoff: publishes are refused when its lease is over, and nobody has anything to be told. */
    const agentEnds = 'its agent ends for good';
    /** [what happens, to it, how that ends, whether it belongs to the selection] */
    const cases = [
        ['its Redis is killed', () => node.redis.kill9(), () => node.redis.start(), false],
        ['its Redis is frozen', () => node.redis.freeze(), () => node.redis.thaw(), false],
        ['its host is frozen', () => [node.redis, node.agent].forEach((child) => child.freeze()), () => [node.agent, node.redis].forEach((child) => child.thaw()), true],
        ['gateways are cut off from its Redis', () => nodeLine.cut(), mend, false],
        ['its host is cut off', cutHost, mend, false],
        [agentEnds, () => node.agent.kill9(), () => node.agent.start(), false],
        // They go on together until the lease ends: what the Redis takes of that gateway nobody else hears.
        [cutBoth, cutWithGateway, mend, true],
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
            let begun;
            let wentOn = 0;  // publishes of the last gateway on its channels, sent and taken after the beginning
            traffic.onAnswer = (channel, publisher, done, took) => {
                const where = publisher.gateway.id;
                if (!done && !suffers(channel, where)) refused.add(`${channel} from ${where}`);
                if (done && ended && where !== gateway.id) waiting.delete(channel);
                if (done && where === gateway.id && its.has(channel) && performance.now() - took > begun) ++wentOn;
            };
            const stop = traffic.stream({ apart: 200 });
            await begin();
            begun = performance.now();

            await until('it to be no member', async () => !(await isMember()), { within: 30_000, every: 20 });
            ended = true;
            const removed = since();
            await until('its channels to take publishes', () => waiting.size === 0, { within: 20_000, every: 5 });
            say(`removed after ${removed}, all its channels take publishes after ${since()}`);

            if (name === cutBoth) {
                await untilAloneWith(nodeLine.address, gateway);
                assert.ok(wentOn > 0, 'the gateway has gone on with its Redis');
            }
            if ([cutHost, cutWithGateway].includes(begin)) {
                await until('its agent to have asked the others in vain', () => otherLines.every((line) => line.holds(isAgent)));
            }
            await end();
            await until('it to be announced', async () => {
                const { members, standby = [] } = await cluster.status();
                return [...members, ...standby].some(({ id, registered = true }) => id === node.id && registered);
            }, { within: 30_000, every: 50 });
            await world.change({ kind: 'add', node: node.id }, 60_000);
            await stop();
            await world.whole(rooms, 'room-');

            assert.deepEqual(traffic.histories.violations().slice(0, 5), [], 'nothing is lost that was not told');
            const others = traffic.disturbances.filter(({ channel, gateway: where }) => name === agentEnds || !suffers(channel, where));
            assert.deepEqual(others.slice(0, 5), [], 'who is told has a channel of it');
            assert.deepEqual([...refused].slice(0, 5), [], 'other channels take all publishes');
        });
    }
});
