// The proof that deploy/up gives: two SDK clients on different gateways exchange messages on a few
// hundred channels, and every message arrives once and in order at both.

import { connected, sdkClient, subscribed } from './client.js';
import { until } from './wait.js';

const channelCount = 300;
const rounds = 2;

/** Connects them, one on each gateway behind HAProxy; told apart by what HAProxy counts. Returns the gateways. */
async function connectToBoth(cluster, clients) {
    const before = new Map((await cluster.haproxy.servers()).map(({ id, connections }) => [id, connections]));
    for (const client of clients) await connected(client);
    const after = await cluster.haproxy.servers();
    const used = after.filter(({ id, connections }) => connections > before.get(id)).map(({ id }) => id);
    if (used.length !== 2) throw new Error(`both clients are on ${used.join()}: HAProxy did not spread them`);
    return used;
}

/** Throws when anything is missing, doubled, out of order or invented. */
export async function prove(cluster) {
    const { url } = cluster.haproxy ?? cluster.gateways[0];
    const clients = [sdkClient(url), sdkClient(url)];
    try {
        let used = [cluster.gateways[0].id];
        if (cluster.haproxy) used = await connectToBoth(cluster, clients);
        else await Promise.all(clients.map((client) => connected(client)));

        const channels = Array.from({ length: channelCount }, (_, i) => `proof-${i + 1}`);
        // What each client received, by channel and by sender.
        const received = clients.map(() => new Map(channels.map((channel) => [channel, [[], []]])));
        let count = 0;
        await Promise.all(clients.map((client, i) => subscribed(client, channels, (channel, { from, round }) => {
            received[i].get(channel)[from].push(round);
            ++count;
        })));

        const carried = await Promise.all(cluster.nodes.map(async (node) => ({
            id: node.id, channels: (await node.channels('proof-')).length,
        })));
        const begin = performance.now();
        const answers = [];
        for (let round = 0; round < rounds; ++round) {
            clients.forEach((client, from) => {
                client.startBatching();
                for (const channel of channels) answers.push(client.publish(channel, { from, round }));
                client.stopBatching();
            });
        }
        await Promise.all(answers);
        const expected = channels.length * rounds * clients.length * clients.length;
        await until(`${expected} messages to arrive`, () => count >= expected);
        const seconds = (performance.now() - begin) / 1000;

        const inOrder = JSON.stringify(Array.from({ length: rounds }, (_, round) => round));
        for (const [i, byChannel] of received.entries()) {
            for (const [channel, bySender] of byChannel) {
                for (const [from, list] of bySender.entries()) {
                    if (JSON.stringify(list) !== inOrder) {
                        throw new Error(`client ${i + 1} on ${channel} from client ${from + 1}: ${list}, not ${inOrder}`);
                    }
                }
            }
        }
        return { gateways: used, channels: channels.length, messages: expected, seconds, carried };
    } finally {
        for (const client of clients) client.disconnect();
    }
}
