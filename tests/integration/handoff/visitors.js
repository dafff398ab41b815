// Clients that come to a channel, stay for a moment and go, while the ring changes: from its confirmation on
// each is given everything, as if it had always been there. What disturbs one is noted by `traffic`, as of its own clients.

import { connected, sdkClient } from '../../../deploy/cluster/client.js';
import { inTime, pause, until } from '../../../deploy/cluster/wait.js';

export class Visitors {
    visits = 0;
    #on = true;
    #clients = [];

    /** `count` at a time on one gateway; what they see goes to `traffic.histories`. */
    constructor({ traffic, gateway, channels, count, random }) {
        Object.assign(this, { traffic, gateway, channels, count, random });
    }

    async start() {
        const each = Array.from({ length: this.count }, async (_, i) => {
            const client = sdkClient(this.gateway.url);
            this.#clients.push(client);
            this.traffic.watch(client, { who: `visitors on ${this.gateway.id}`, gateway: this.gateway.id });
            await connected(client);
            // Each has channels of its own: two of one gateway on a channel would be one subscription of it.
            return this.#comeAndGo(client, this.channels.filter((__, at) => at % this.count === i));
        });
        this.done = Promise.all(each);
        this.done.catch(() => {});  // told by `stop`
    }

    async #comeAndGo(client, channels) {
        const { histories } = this.traffic;
        while (this.#on) {
            const channel = channels[Math.floor(this.random() * channels.length)];
            const who = `visitor ${++this.visits} on ${this.gateway.id}`;
            const subscription = client.newSubscription(channel);
            subscription.on('publication', ({ data: { p, n } }) => histories.received(channel, who, p, n));
            this.traffic.watchErrors(subscription, { who, gateway: this.gateway.id, channel });
            // The first confirmation and no other: a visitor that is told of a gap fails.
            const confirmed = new Promise((resolve, reject) => {
                subscription.once('subscribed', () => {
                    histories.subscribed(channel, who);
                    for (const event of ['subscribing', 'unsubscribed']) {
                        subscription.on(event, ({ code, reason }) => this.#tell(channel, who, code, reason));
                    }
                    resolve();
                });
                subscription.once('unsubscribed', ({ code, reason }) => reject(new Error(`${who} was refused ${channel}: ${code} ${reason}`)));
            });
            subscription.subscribe();
            await inTime(`${who} to be subscribed to ${channel}`, confirmed);
            await pause(50 + 400 * this.random());
            histories.leaving(channel, who);
            await until(`${who} on ${channel} to be given what was sent`, () => histories.isServed(channel, who), { every: 5 });
            subscription.removeAllListeners();
            subscription.unsubscribe();
            client.removeSubscription(subscription);
        }
    }

    #tell(channel, who, code, reason) {
        this.traffic.histories.told(channel, who);
        this.traffic.disturbances.push({ who, gateway: this.gateway.id, channel, code, reason });
    }

    /** Waits until all have gone; throws what went wrong. */
    async stop() {
        this.#on = false;
        try {
            await inTime('the last visitor to go', this.done, 20_000);
        } finally {
            this.close();
        }
    }

    /** At any time, whatever happened. */
    close() {
        this.#on = false;
        for (const client of this.#clients) client.disconnect();
    }
}
