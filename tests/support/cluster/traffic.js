// Subscribers on every gateway and publishers on each, whose every publish and delivery is recorded.

import { connected, sdkClient, subscribed } from '../../../deploy/cluster/client.js';
import { inTime, pause, until } from '../../../deploy/cluster/wait.js';
import { Histories } from './histories.js';

/** Fewer than the channels that a gateway allows one client. */
const channelsPerClient = 100;

/** A stream leaves out a channel on which so many publishes of one publisher wait for their answers. */
const unansweredMax = 50;

export class Traffic {
    histories = new Histories();
    /** Connections and subscriptions that were lost; of a quiet time there are none: [{who, gateway, channel?, code, reason, at}]. */
    disturbances = [];
    /** What the SDK told as an error and tries again by itself, of a connection or a subscription: alike. */
    errors = [];
    /** `onDelivery(channel, subscriber, {publisher, number}, ms)` */
    onDelivery = () => {};
    /** `onAnswer(channel, publisher, done, ms)`; `done`: with success. */
    onAnswer = () => {};
    #clients = [];
    #counts = new Map();
    #closed = false;

    constructor(gateways) {
        this.gateways = gateways;
    }

    /** One subscriber for each channel on each gateway, or only `where(gateway, channel)`, and one publisher on each gateway. */
    async open(channels, { where = () => true } = {}) {
        this.channels = channels;
        this.publishers = await Promise.all(this.gateways.map(async (gateway) => {
            const name = `publisher on ${gateway.id}`;
            return { name, gateway, unanswered: new Map(), client: await this.#client(gateway, name) };
        }));
        for (const gateway of this.gateways) {
            const wanted = channels.filter((channel) => where(gateway, channel));
            const groups = [];
            for (let i = 0; i < wanted.length; i += channelsPerClient) groups.push(wanted.slice(i, i + channelsPerClient));
            await Promise.all(groups.map((group) => this.#subscriber(gateway, group)));
        }
    }

    async #client(gateway, who) {
        const client = sdkClient(gateway.url, { minReconnectDelay: 100, maxReconnectDelay: 500 });
        this.#clients.push(client);
        this.watch(client, { who, gateway: gateway.id });
        await connected(client);
        return client;
    }

    /** Notes what befalls a client, from before it connects; what it asks for itself has the code 0. */
    watch(client, whose) {
        for (const event of ['connecting', 'disconnected']) {
            client.on(event, ({ code, reason }) => code !== 0 && this.#disturbed({ ...whose, code, reason }));
        }
        this.watchErrors(client, whose);
    }

    /** ... and what a client or a subscription tells as errors. */
    watchErrors(one, whose) {
        one.on('error', ({ error: { code, message } }) => {
            if (!this.#closed) this.errors.push({ ...whose, code, reason: message, at: performance.now() });
        });
    }

    async #subscriber(gateway, channels) {
        const who = `subscriber on ${gateway.id}`;
        const client = await this.#client(gateway, who);
        await subscribed(client, channels, (channel, { p, n, at }) => {
            this.histories.received(channel, who, p, n);
            this.onDelivery(channel, who, { publisher: p, number: n }, performance.now() - at);
        }, 30_000);
        for (const channel of channels) {
            this.histories.subscribed(channel, who);
            const subscription = client.getSubscription(channel);
            this.watchErrors(subscription, { who, gateway: gateway.id, channel });
            subscription.on('subscribed', () => this.histories.subscribed(channel, who));
            subscription.on('subscribing', ({ code, reason }) => {
                this.histories.told(channel, who);
                this.#disturbed({ who, gateway: gateway.id, channel, code, reason });
                // The SDK subscribes again at once: all that one frame took away in one frame.
                client.startBatching();
                client.stopBatching();
            });
        }
    }

    #disturbed(what) {
        if (!this.#closed) this.disturbances.push({ ...what, at: performance.now() });
    }

    /** What keeps the clients from being all connected and subscribed; nothing when they are. */
    unsettled() {
        for (const client of this.#clients) {
            if (client.state !== 'connected') return `a client is ${client.state}, last trouble: ${JSON.stringify(this.disturbances.filter(({ channel }) => !channel).at(-1))}`;
            for (const { channel, state } of Object.values(client.subscriptions())) {
                if (state !== 'subscribed') return `${channel} is ${state}`;
            }
        }
        return undefined;
    }

    /** How often it has published there. */
    sentOn({ name }, channel) {
        return this.#counts.get(`${name} ${channel}`) ?? 0;
    }

    /** Publishes once; resolves to whether the gateway answered with success. */
    async publish(publisher, channel) {
        const { name, client, unanswered } = publisher;
        const key = `${name} ${channel}`;
        const number = (this.#counts.get(key) ?? 0) + 1;
        this.#counts.set(key, number);
        this.histories.sent(channel, name, number);
        unanswered.set(channel, (unanswered.get(channel) ?? 0) + 1);
        const at = performance.now();
        let done = true;
        try {
            await client.publish(channel, { p: name, n: number, at });
            this.histories.answered(channel, name, number);
        } catch {
            done = false;
            this.histories.failed(channel, name, number);
        }
        unanswered.set(channel, unanswered.get(channel) - 1);
        this.onAnswer(channel, publisher, done, performance.now() - at);
        return done;
    }

    /**
     * Publishes once on each of these channels, a hundred in a frame; returns when all are sent.
     * `answered(channel, done)` follows. No more than `ahead` wait for their answers when the next hundred goes.
     */
    async publishAll(publisher, channels, answered, { ahead = Infinity } = {}) {
        let waiting = 0;
        for (let i = 0; i < channels.length; i += 100) {
            if (waiting > ahead) await until('publishes to be answered', () => waiting <= ahead, { every: 5 });
            publisher.client.startBatching();
            for (const channel of channels.slice(i, i + 100)) {
                ++waiting;
                this.publish(publisher, channel).then((done) => {
                    --waiting;
                    answered(channel, done);
                });
            }
            publisher.client.stopBatching();
            // The SDK sends the batch at the end of this turn, and everything that was batched in it.
            await new Promise((resolve) => setImmediate(resolve));
        }
    }

    /**
     * One message of every publisher on each of these channels, as fast as they are answered; resolves to how many were
     * refused.
     */
    async round(channels = this.channels) {
        let refused = 0;
        await Promise.all(this.publishers.map(async (publisher) => {
            let left = channels.length;
            await new Promise((resolve) => {
                this.publishAll(publisher, channels, (channel, done) => {
                    if (!done) ++refused;
                    if (--left === 0) resolve();
                }, { ahead: 1000 });
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

    /**
     * Every publisher publishes on each of these channels about every `apart` milliseconds whatever was
     * answered, now and then three at once, until the returned function is called, which waits for the answers.
     * `only(publisher)`: who publishes now.
     */
    stream({ channels = this.channels, apart = 100, only = () => true } = {}) {
        const tick = 10;
        const slices = Math.max(1, Math.round(apart / tick));
        const counts = { published: 0, refused: 0, unanswered: 0 };
        let turn = 0;
        const send = async (publisher, channel) => {
            ++counts.published;
            ++counts.unanswered;
            if (!(await this.publish(publisher, channel))) ++counts.refused;
            --counts.unanswered;
        };
        const timer = setInterval(() => {
            if (this.#closed) clearInterval(timer);
            const slice = channels.filter((_, i) => i % slices === turn % slices);
            for (const publisher of this.publishers) {
                // What is published without a connection the SDK gathers, and sends all of it in one frame.
                if (this.#closed || !only(publisher) || publisher.client.state !== 'connected') continue;
                publisher.client.startBatching();
                slice.forEach((channel, i) => {
                    if ((publisher.unanswered.get(channel) ?? 0) >= unansweredMax) return;
                    for (let n = (turn + i) % 16 === 0 ? 3 : 1; n > 0; --n) send(publisher, channel);
                });
                publisher.client.stopBatching();
            }
            ++turn;
        }, tick);
        return async () => {
            clearInterval(timer);
            await until('every publish of the stream to be answered', () => counts.unanswered === 0, { within: 30_000 });
            return counts;
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

/** The value at this share of a list of numbers. */
export function quantile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The values at these shares of a list of numbers, in words. */
export function spread(values, shares = [0.5, 0.99]) {
    const words = shares.map((share) => `p${Number((100 * share).toFixed(2))} ${quantile(values, share)?.toFixed(1)} ms`);
    return `${words.join(', ')}, max ${quantile(values, 1)?.toFixed(1)} ms`;
}
