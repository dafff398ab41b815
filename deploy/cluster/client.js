// The JavaScript SDK as a client in Node, where its WebSocket is that of the package ws.

import { Centrifuge } from 'centrifuge';
import WebSocket from 'ws';

import { inTime } from './wait.js';

export { Centrifuge, WebSocket };

/** An SDK client; not connected yet. Errors are the caller's affair, the SDK also tells them as events. */
export function sdkClient(url, options = {}) {
    return new Centrifuge(url, { websocket: WebSocket, ...options });
}

/** Connects and waits until it is. Resolves to the context of `connected`. */
export function connected(client, within = 10_000) {
    const done = new Promise((resolve, reject) => {
        client.once('connected', resolve);
        client.once('disconnected', ({ code, reason }) => reject(new Error(`disconnected: ${code} ${reason}`)));
    });
    client.connect();
    return inTime('a client to connect', done, within);
}

/** Subscribes to all the channels in few frames; `onMessage(channel, data)`. Waits for all confirmations. */
export async function subscribed(client, channels, onMessage, within = 15_000) {
    const confirmed = [];
    client.startBatching();
    for (const channel of channels) {
        const subscription = client.newSubscription(channel);
        subscription.on('publication', ({ data }) => onMessage(channel, data));
        confirmed.push(new Promise((resolve, reject) => {
            subscription.once('subscribed', resolve);
            subscription.once('unsubscribed', ({ code, reason }) => reject(new Error(`${channel}: ${code} ${reason}`)));
        }));
        subscription.subscribe();
    }
    client.stopBatching();
    await inTime(`${channels.length} subscriptions`, Promise.all(confirmed), within);
}
