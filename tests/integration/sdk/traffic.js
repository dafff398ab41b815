// Subscribers on two gateways and publishers on both, whose every publish and delivery is recorded.

import { connected, sdkClient, subscribed } from '../../../deploy/cluster/client.js';
import { inTime, pause, until } from '../../../deploy/cluster/wait.js';
import { Histories } from './histories.js';

/** Fewer than the channels that a gateway allows one client. */
const channelsPerClient = 100;

export class Traffic {
    histories = new Histories();
    /** Connections and subscriptions that were lost, as sentences; of a quiet time there are none. */
    disturbances = [];
    /** `onDelivery(channel, subscriber, message, at)` */
    onDelivery = () => {};
    #clients = [];
    #counts = new Map();
    #closed = false;

    constructor(gateways) {
        this.gateways = gateways;
    }

    /** One subscriber for each channel on each gateway, and one publisher on each gateway. */
    async open(channels) {
        this.channels = channels;
        const disturbed = (text) => this.#closed || this.disturbances.push(text);
        const add = async (gateway, name) => {
            const client = sdkClient(gateway.url);
            this.#clients.push(client);
            await connected(client);
            client.on('connecting', ({ code, reason }) => disturbed(`${name} lost its connection: ${code} ${reason}`));
            client.on('disconnected', ({ code, reason }) => code !== 0 && disturbed(`${name} was sent away: ${code} ${reason}`));
            return client;
        };
        this.publishers = await Promise.all(this.gateways.map(async (gateway) => {
            const name = `publisher on ${gateway.id}`;
            return { name, gateway, client: await add(gateway, name) };
        }));
        for (const gateway of this.gateways) {
            const subscriber = `subscriber on ${gateway.id}`;
            for (const channel of channels) this.histories.subscribed(channel, subscriber);
            const groups = [];
            for (let i = 0; i < channels.length; i += channelsPerClient) groups.push(channels.slice(i, i + channelsPerClient));
            await Promise.all(groups.map(async (group) => {
                const client = await add(gateway, subscriber);
                await subscribed(client, group, (channel, { p, n, at }) => {
                    this.histories.received(channel, subscriber, p, n);
                    this.onDelivery(channel, subscriber, { publisher: p, number: n }, performance.now() - at);
                }, 30_000);
                for (const channel of group) {
                    client.getSubscription(channel).on('subscribing', ({ code, reason }) => {
                        disturbed(`${subscriber} lost ${channel}: ${code} ${reason}`);
                        // The SDK subscribes again at once: all that one frame took away in one frame.
                        client.startBatching();
                        client.stopBatching();
                    });
                }
            }));
        }
    }

    /** Publishes once; resolves to whether the gateway answered with success. */
    async publish(publisher, channel) {
        const key = `${publisher.name} ${channel}`;
        const number = (this.#counts.get(key) ?? 0) + 1;
        this.#counts.set(key, number);
        this.histories.sent(channel, publisher.name, number);
        try {
            await publisher.client.publish(channel, { p: publisher.name, n: number, at: performance.now() });
            this.histories.answered(channel, publisher.name, number);
            return true;
        } catch {
            return false;
        }
    }

    /**
     * Publishes once on each of these channels, a hundred in a frame; returns when all are sent.
     * `answered(channel, done)` follows.
     */
    async publishAll(publisher, channels, answered) {
        for (let i = 0; i < channels.length; i += 100) {
            publisher.client.startBatching();
            for (const channel of channels.slice(i, i + 100)) {
                this.publish(publisher, channel).then((done) => answered(channel, done));
            }
            publisher.client.stopBatching();
            // The SDK sends the batch at the end of this turn, and everything that was batched in it.
            await new Promise((resolve) => setImmediate(resolve));
        }
    }

    /** One message of every publisher on each of these channels; resolves to how many were refused. */
    async round(channels = this.channels) {
        let refused = 0;
        await Promise.all(this.publishers.map(async (publisher) => {
            let left = channels.length;
            await new Promise((resolve) => {
                this.publishAll(publisher, channels, (channel, done) => {
                    if (!done) ++refused;
                    if (--left === 0) resolve();
                });
            });
        }));
        return refused;
    }

    /** Rounds on these channels, some milliseconds apart, until the returned function is called, which waits for the last. */
    keepOn(channels = this.channels, apart = 20) {
        let on = true;
        let rounds = 0;
        let refused = 0;
        const done = (async () => {
            while (on && !this.#closed) {
                refused += await this.round(channels);
                ++rounds;
                await pause(apart);
            }
        })();
        return async () => {
            on = false;
            await inTime('the last round of publishes', done, 20_000);
            return { rounds, refused };
        };
    }

    /** Waits until everything that was answered has arrived. */
    settled(channels = this.channels, within = 20_000) {
        return until('every answered message to arrive', () => this.histories.outstanding(channels) === 0, { within });
    }

    close() {
        this.#closed = true;
        for (const client of this.#clients) client.disconnect();
    }
}

/** The values at these shares of a list of numbers, in words. */
export function spread(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1);
    return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
}
