// Ten thousand channels over three nodes: all is well while nothing changes, and when a Redis is
// killed its channels work again within three seconds, while the others never notice.

import assert from 'node:assert/strict';

import { pause } from '../../../deploy/cluster/wait.js';
import { longestStall, slowdown, usedByOthers } from '../../support/cluster/machine.js';
import { scenario } from '../../support/cluster/scenario.js';
import { Cluster, until } from './support.js';
import { Traffic, spread } from '../../support/cluster/traffic.js';

const channelCount = 10_000;
/** Milliseconds from the kill of a Redis until its channels work again. */
const repairMax = 3000 * slowdown;

await scenario('ten thousand channels over three nodes', async ({ step, after }) => {
    /** Channel names by node id, as the Redis servers tell. */
    const carried = new Map();

    const cluster = await Cluster.start({
        nodes: 3,
        settings: { limits: { commands_per_second: 0, publishes_per_second: 0 } },
    });
    after(() => cluster.stop());
    const traffic = new Traffic(cluster.gateways);
    after(() => traffic.close());
    await traffic.open(Array.from({ length: channelCount }, (_, i) => `room-${i}`));

    await step('each is carried by one node, a third of them by each', async ({ say }) => {
        for (const node of cluster.nodes) carried.set(node.id, await node.channels('room-'));

        const all = [...carried.values()].flat();
        say([...carried].map(([id, channels]) => `${id} carries ${channels.length}`).join(', '));
        assert.equal(all.length, channelCount, 'none twice');
        assert.equal(new Set(all).size, channelCount);
        for (const channels of carried.values()) {
            // 10,000 names thrown at three equal shares: five standard deviations.
            assert.ok(Math.abs(channels.length - channelCount / 3) < 236, `${channels.length}`);
        }
    });

    await step('every message arrives once and in order on both gateways', async ({ say }) => {
        const latencies = [];
        traffic.onDelivery = (channel, subscriber, message, latency) => latencies.push(latency);
        const begin = performance.now();

        let refused = 0;
        for (let i = 0; i < 2; ++i) refused += await traffic.round();
        await traffic.settled();

        const seconds = (performance.now() - begin) / 1000;
        say(`${latencies.length} deliveries in ${seconds.toFixed(1)} s, ${spread(latencies)}`);
        assert.equal(refused, 0);
        assert.equal(latencies.length, channelCount * 2 * 2 * 2);
        assert.deepEqual(traffic.histories.violations().slice(0, 5), []);
        assert.deepEqual(traffic.disturbances, []);
    });

    /**
     * Kills its Redis under traffic. Resolves to how long each of its channels took to work again, how late the others
     * delivered meanwhile, and whether the machine was free for that.
     */
    async function killed(victim, say) {
        const hit = carried.get(victim.id);
        const spared = cluster.nodes.filter((node) => node !== victim).flatMap(({ id }) => carried.get(id).slice(0, 150));
        const isHit = new Set(hit);
        const latencies = [];
        // When both gateways have delivered a message that was sent after the kill.
        const works = new Map();
        const arrived = new Map(hit.map((channel) => [channel, new Set()]));
        const counts = new Map();
        let begin;
        traffic.disturbances.length = 0;
        traffic.onDelivery = (channel, subscriber, { publisher, number }, latency) => {
            if (!isHit.has(channel)) {
                latencies.push(latency);
            } else if (begin !== undefined && number > counts.get(`${publisher} ${channel}`)) {
                const places = arrived.get(channel);
                places.add(subscriber);
                if (places.size === 2 && !works.has(channel)) works.set(channel, performance.now() - begin);
            }
        };
        const stop = traffic.keepOn(spared, 50);
        await until('traffic', () => latencies.length > 2000);
        // What is sent from now on has a higher number.
        for (const publisher of traffic.publishers) {
            for (const channel of hit) counts.set(`${publisher.name} ${channel}`, traffic.sentOn(publisher, channel));
        }

        const before = process.cpuUsage();
        const others = usedByOthers();
        const stalled = longestStall();
        latencies.length = 0;
        begin = performance.now();
        await victim.redis.kill9();
        // Each channel is tried again and again until it works, from either gateway in turn.
        const unanswered = new Set();
        for (let sweep = 0; works.size < hit.length && performance.now() - begin < 4 * repairMax; ++sweep) {
            const publisher = traffic.publishers[sweep % 2];
            const again = hit.filter((channel) => !works.has(channel) && !unanswered.has(channel));
            for (const channel of again) unanswered.add(channel);
            await traffic.publishAll(publisher, again, (channel) => unanswered.delete(channel));
            await pause(100);
        }
        const meanwhile = [...latencies];
        const stall = stalled();
        const taken = others();
        const { rounds } = await stop();
        await traffic.settled(spared);

        const { user, system } = process.cpuUsage(before);
        say(`this program took ${((user + system) / 1000).toFixed(0)} ms of CPU meanwhile, others ${(100 * taken).toFixed(0)} % of the machine; longest stall ${stall.toFixed(0)} ms`);
        const times = hit.map((channel) => works.get(channel) ?? Infinity);
        say(`${hit.length} channels of ${victim.id} work again after the kill: min ${Math.min(...times).toFixed(1)} ms, ${spread(times)}`);
        say(`${spared.length} channels of the others, ${rounds} rounds, delivery meanwhile: ${spread(meanwhile)}`);
        assert.deepEqual(traffic.disturbances.filter(({ channel }) => !isHit.has(channel)), []);
        // Lost only where it was told, and only what was sent before.
        assert.deepEqual(traffic.histories.violations().slice(0, 5), []);
        assert.ok(Math.max(...times) < Infinity, 'every channel works again');
        return { times, meanwhile, free: taken < 0.1 && stall < 300 };
    }

    /** Starts it again, and waits until it is a member as before and all channels are in their places. */
    async function back(victim) {
        await victim.redis.start(async () => (await victim.command('PING')) === 'PONG');
        await until('three members', async () => (await cluster.status()).members.length === 3, { within: 30_000, every: 100 });
        await until('all channels to be in their places', async () => {
            const wrong = traffic.unsettled();
            if (wrong) throw new Error(wrong);
            for (const node of cluster.nodes) carried.set(node.id, await node.channels('room-'));
            const all = [...carried.values()].flat();
            return all.length === channelCount && new Set(all).size === channelCount;
        }, { within: 30_000, every: 100 });
    }

    await step(`the channels of a Redis that is killed work again within ${repairMax / 1000} s, the others never pause`, async ({ say }) => {
        const victim = cluster.nodes[1];
        // Bounds on time say little while others use the machine: what misses them then is tried again, twice.
        for (let attempt = 1; ; ++attempt) {
            const { times, meanwhile, free } = await killed(victim, say);
            // A channel that had to wait for the others' removal could not be faster than those.
            const soon = Math.max(...times) <= repairMax && Math.max(...meanwhile) < Math.min(...times);
            if (!soon && !free && attempt < 3) {
                say('once more');
                await back(victim);
                continue;
            }
            assert.ok(Math.max(...times) <= repairMax, `the last channel works after ${Math.max(...times)} ms`);
            assert.ok(Math.max(...meanwhile) < Math.min(...times), `the others paused for ${Math.max(...meanwhile)} ms`);
            return;
        }
    });

    await step('all of them are whole again on the two that are left', async () => {
        await until('two members', async () => (await cluster.status()).members.length === 2, { every: 100 });
        await until('all to be subscribed again', async () => {
            const left = await Promise.all([cluster.nodes[0], cluster.nodes[2]].map((node) => node.channels('room-')));
            return left.flat().length === channelCount && new Set(left.flat()).size === channelCount;
        }, { every: 100 });
        const before = traffic.disturbances.length;

        const latencies = [];
        traffic.onDelivery = (channel, subscriber, message, latency) => latencies.push(latency);
        assert.equal(await traffic.round(), 0);
        await until('every message', () => latencies.length >= channelCount * 2 * 2, { within: 20_000 });

        assert.equal(traffic.disturbances.length, before);
        await cluster.nodes[1].agent.stop();
    });
});
