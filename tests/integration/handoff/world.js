// A cluster under load whose ring is being changed, and what can be seen of that from outside.

import assert from 'node:assert/strict';

import { Cluster } from '../../../deploy/cluster/cluster.js';
import { until } from '../../../deploy/cluster/wait.js';
import { Traffic } from '../../support/cluster/traffic.js';
import { Znodes } from '../../support/cluster/znodes.js';

export { until };

/** Random numbers from 0 to 1 that a printed seed makes again. */
export function randomFrom(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let value = Math.imul(state ^ (state >>> 15), state | 1);
        value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
        return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
    };
}

/** The seed of this run: RINGCAST_SEED, else another each time. */
export const seed = Number(process.env.RINGCAST_SEED ?? Date.now() % 1_000_000);

/** What a gateway says of itself. */
export const statusOf = async ({ adminUrl }) => (await fetch(`${adminUrl}/status`, { signal: AbortSignal.timeout(1000) })).json();

export const pick = (random, list) => list[Math.floor(random() * list.length)];

export class World {
    /** History entries by the name of their request. */
    #history = new Map();
    #historyRead = new Set();
    #asked = 0;

    /** `after` is a scenario's: everything is closed and stopped in the end. */
    static async start(after, { standby = 1, settings = {}, ...options } = {}) {
        const world = new World();
        const cluster = await Cluster.start({
            zookeepers: 3,
            settings: { limits: { commands_per_second: 0, publishes_per_second: 0 }, ...settings },
            ...options,
        });
        world.cluster = cluster;
        after(() => cluster.stop());
        for (let i = 0; i < standby; ++i) {
            const node = await cluster.startNode();
            await until(`${node.id} on standby`, async () => (await world.standby()).includes(node.id), { every: 50 });
        }
        await world.reopen();
        after(() => world.znodes.close());
        world.traffic = new Traffic(cluster.gateways);
        after(() => world.traffic.close());
        return world;
    }

    /** Connects to ZooKeeper anew: the one before does not survive that its server is away. */
    async reopen() {
        this.znodes?.close();
        this.znodes = await until('a connection to ZooKeeper', () => Znodes.open(this.cluster.zookeeper.members[0].port), { within: 20_000, every: 100 });
    }

    /** The znodes, by a new session when the last has ended, as on a machine that stood still for long. */
    async tree() {
        if (this.znodes.broken) await this.reopen();
        return this.znodes;
    }

    path(...names) {
        return ['/ringcast', this.cluster.name, ...names].join('/');
    }

    /** The ids of the nodes that are no members. */
    async standby() {
        return ((await this.cluster.status()).standby ?? []).map(({ id }) => id);
    }

    async members() {
        return (await this.cluster.status()).members;
    }

    /** How often the znode `view` was written: a handoff writes it three times: proposal, fence, the view in force. */
    async written() {
        return (await (await this.tree()).read(this.path('view'))).version;
    }

    /** Asks for a change of the ring as operators do, once, whatever becomes of the session; resolves to the request's name. */
    async ask(request) {
        const text = JSON.stringify({ by: 'test', at: Math.floor(Date.now() / 1000), ...request });
        const begins = `r-test.${++this.#asked}-`;
        let tried = false;
        return until('a request to be put in', async () => {
            // What was put in before the session ended may wait there, or be carried out already.
            const found = tried && await this.#request(begins);
            tried = true;
            return found || (await (await this.tree()).create(this.path('requests', begins), text, { sequential: true })).split('/').at(-1);
        }, { within: 20_000, every: 100 });
    }

    /** The name of the request that begins so, if there is one or was. */
    async #request(begins) {
        const tree = await this.tree();
        // A write that changes nothing: with its answer all that was written before is there.
        await tree.set(this.path('requests'), '');
        // In this order: what is carried out is in the history before it leaves the queue.
        const waiting = await tree.children(this.path('requests'));
        await this.#readHistory();
        return [...waiting, ...this.#history.keys()].find((name) => name.startsWith(begins));
    }

    async #readHistory() {
        const tree = await this.tree();
        for (const entry of await tree.children(this.path('history'))) {
            if (this.#historyRead.has(entry)) continue;
            const { data, created } = await tree.read(this.path('history', entry));
            const one = { ...JSON.parse(data), created };
            this.#historyRead.add(entry);
            if (one.request) this.#history.set(one.request, one);
        }
    }

    /** The history entry of a request, once it is there: the change is over, and cleaned up. `created`: when, in Unix milliseconds. */
    async done(name, within = 30_000) {
        await until(`the request ${name} to be carried out`, async () => {
            await this.#readHistory();
            return this.#history.has(name);
        }, { within });
        return this.#history.get(name);
    }

    /** Asks, waits, and expects it to be done. */
    async change(request, within) {
        const entry = await this.done(await this.ask(request), within);
        assert.equal(entry.done, true, `${JSON.stringify(request)}: ${entry.reason}`);
        return entry;
    }

    get runningNodes() {
        return this.cluster.nodes.filter(({ redis }) => redis.running);
    }

    get runningGateways() {
        return this.cluster.gateways.filter(({ child }) => child.running);
    }

    /** Where each channel with this prefix is subscribed, as the Redis servers tell: channel -> [node ids]. */
    async carried(prefix) {
        const carried = new Map();
        await Promise.all(this.runningNodes.map(async (node) => {
            for (const channel of await node.channels(prefix)) carried.set(channel, [...(carried.get(channel) ?? []), node.id]);
        }));
        return carried;
    }

    /** How many connections are subscribed to each of the channels at a node: one for each gateway. */
    async subscribers(node, channels) {
        const counts = new Map();
        if (channels.length === 0) return counts;
        const reply = await node.command('PUBSUB', 'NUMSUB', ...channels);
        for (let i = 0; i < reply.length; i += 2) counts.set(reply[i], reply[i + 1]);
        return counts;
    }

    /** What keeps the channels from being each at one member and there subscribed by every gateway; nothing when they are. */
    async misplaced(channels, prefix, gateways = this.runningGateways.length) {
        const carried = await this.carried(prefix);
        const wrong = channels.find((channel) => carried.get(channel)?.length !== 1);
        if (wrong) return `${wrong} is at ${carried.get(wrong)?.join() ?? 'no node'}`;
        for (const node of this.runningNodes) {
            const here = channels.filter((channel) => carried.get(channel)[0] === node.id);
            for (const [channel, count] of await this.subscribers(node, here)) {
                if (count !== gateways) return `${channel} has ${count} subscribers at ${node.id}`;
            }
        }
        return undefined;
    }

    /** The gateway that is the coordinator now. */
    async leader() {
        return until('a coordinator', async () => {
            for (const gateway of this.runningGateways) {
                const status = await statusOf(gateway);
                if (status.coordinator === true || status.coordinator?.leading) return gateway;
            }
            return undefined;
        }, { every: 50 });
    }

    /** Waits until no handoff runs and every gateway has the same view, the one in force. */
    async oneView(within = 30_000) {
        return until('one view everywhere', async () => {
            const { view, digest } = await this.cluster.status();
            // Acknowledgements of a view that is not in force yet; those of an earlier one may stay for a while.
            if ((await (await this.tree()).children(this.path('acks'))).some((number) => number > view)) throw new Error('a handoff is under way');
            for (const gateway of this.runningGateways) {
                const status = await statusOf(gateway);
                if (status.view !== view || status.digest !== digest) throw new Error(`${gateway.id} has view ${status.view}, not ${view}`);
            }
            return view;
        }, { within, every: 50 });
    }

    /**
     * Waits until all is whole: one view everywhere, every client connected and subscribed, every channel at one
     * member; then every channel works from every gateway to every gateway.
     */
    async whole(channels, prefix) {
        await this.oneView();
        await until('all clients to be subscribed', () => {
            const wrong = this.traffic.unsettled();
            if (wrong) throw new Error(wrong);
            return true;
        }, { within: 20_000 });
        await until('all channels to be in their places', async () => {
            const wrong = await this.misplaced(channels, prefix);
            if (wrong) throw new Error(wrong);
            return true;
        }, { within: 20_000, every: 50 });
        assert.equal(await this.traffic.round(channels), 0, 'every channel takes publishes');
        await this.traffic.settled();
    }
}
