// Two gateways behind HAProxy: clients spread over them, and come back when one goes.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { Cluster, clientsOf, connected, event, fresh, subscribed, until } from './support.js';

const quick = { minReconnectDelay: 50, maxReconnectDelay: 300 };

describe('behind HAProxy', { timeout: 120_000 }, () => {
    let cluster;

    before(async () => {
        cluster = await Cluster.start({ port: 0, settings: { gateway: { drain_rate: 3 } } });
    });
    after(() => cluster?.stop());

    // Those of the test before, who would count where the next ones go.
    beforeEach(() => until('all clients to be gone', async () =>
        (await cluster.haproxy.servers()).every((one) => one.connections === 0)));

    const connections = async () => Object.fromEntries((await cluster.haproxy.servers()).map((one) => [one.id, one.connections]));

    /** Clients through HAProxy that are all subscribed to one channel. */
    async function room(t, count) {
        const clients = Array.from({ length: count }, () => clientsOf(t)(cluster.haproxy.url, quick));
        const channel = fresh();
        const received = clients.map(() => []);
        for (const client of clients) await connected(client);
        await Promise.all(clients.map((client, i) => subscribed(client, [channel], (_, data) => received[i].push(data))));
        return { clients, channel, received };
    }

    /** Every client hears what every other says, now. */
    async function talks({ clients, channel, received }, word) {
        await Promise.all(clients.map((client, i) => client.publish(channel, `${word} ${i}`)));
        await until('everybody to hear everybody', () => received.every(
            (list) => list.filter((text) => text.startsWith(word)).length >= clients.length));
        for (const list of received) {
            assert.equal(new Set(list).size, list.length, 'nothing twice');
        }
    }

    /** Waits until all are connected and subscribed again. */
    const back = ({ clients, channel }) => until('all clients to be back', () => clients.every(
        (client) => client.state === 'connected' && client.getSubscription(channel).state === 'subscribed'), { within: 20_000 });

    /** Half of twenty clients; the end of a process may be heard of before the last words on its connections. */
    const told = (codes) => until('the clients of the gateway to be told', () => codes.length >= 10);

    test('clients are spread evenly', async (t) => {
        const before = await connections();
        const all = await room(t, 20);

        const after = await connections();

        assert.deepEqual(Object.fromEntries(Object.keys(after).map((id) => [id, after[id] - before[id]])), { 'gw-1': 10, 'gw-2': 10 });
        await talks(all, 'hello');
    });

    test('when a gateway is killed its clients come back on the other, the others notice nothing', async (t) => {
        const all = await room(t, 20);
        const left = all.clients.map(() => 0);
        all.clients.forEach((client, i) => client.on('connecting', () => ++left[i]));
        const lost = (await connections())['gw-1'];
        const begin = performance.now();

        await cluster.gateways[0].child.kill9();
        await until('its clients to notice', () => left.filter(Boolean).length >= Math.min(lost, 10));
        await back(all);

        t.diagnostic(`all ${all.clients.length} clients were back ${Math.round(performance.now() - begin)} ms after the kill`);
        assert.equal(left.filter(Boolean).length, 10, 'only those of the dead gateway');
        await talks(all, 'still here');

        await cluster.gateways[0].start();
        await cluster.haproxy.sees('gw-1', 'UP');
        const newcomers = await room(t, 4);
        assert.ok((await connections())['gw-1'] >= 4, 'newcomers go where the fewest are');
        await talks(newcomers, 'new');
    });

    test('when a gateway stops its clients are told so, and come back on the other', async (t) => {
        const all = await room(t, 20);
        const codes = [];
        for (const client of all.clients) client.on('connecting', ({ code, reason }) => codes.push(`${code} ${reason}`));

        const end = await cluster.gateways[1].child.stop();
        await told(codes);
        await back(all);

        assert.equal(end.code, 0);
        assert.deepEqual([...new Set(codes)], ['3001 shutdown']);
        assert.equal(codes.length, 10);
        await talks(all, 'still here');

        await cluster.gateways[1].start();
        await cluster.haproxy.sees('gw-2', 'UP');
    });

    test('when a gateway drains slowly nobody is cut off, each is told in its turn', async (t) => {
        const all = await room(t, 20);
        const codes = [];
        for (const client of all.clients) client.on('connecting', ({ code, reason }) => codes.push(`${code} ${reason}`));

        const end = cluster.gateways[0].child.stop();
        await cluster.haproxy.sees('gw-1', 'NOLB');
        assert.ok(codes.length < 10, 'the last of them is still there when HAProxy knows');
        assert.equal((await end).code, 0);
        await told(codes);
        await back(all);

        assert.deepEqual([...new Set(codes)], ['3001 shutdown']);
        assert.equal(codes.length, 10);
        await talks(all, 'still here');

        await cluster.gateways[0].start();
        await cluster.haproxy.sees('gw-1', 'UP');
    });

    test('a gateway that is drained by an operator and then stopped sends away at its own rate who is left', async (t) => {
        const all = await room(t, 20);
        const codes = [];
        for (const client of all.clients) client.on('connecting', ({ code, reason }) => codes.push(`${code} ${reason}`));

        const [gateway] = cluster.gateways;
        await fetch(`${gateway.adminUrl}/drain?rate=1`, { method: 'POST' });
        await cluster.haproxy.sees('gw-1', 'NOLB');
        const end = await gateway.child.stop();
        await told(codes);
        await back(all);

        assert.equal(end.code, 0);
        assert.deepEqual([...new Set(codes)], ['3001 shutdown']);
        assert.equal(codes.length, 10);

        await gateway.start();
        await cluster.haproxy.sees('gw-1', 'UP');
    });

    test('a client of one gateway alone comes back when that one is started again', async (t) => {
        const [gateway] = cluster.gateways;
        const client = clientsOf(t)(gateway.url, quick);
        await connected(client);
        const channel = fresh();
        const received = [];
        await subscribed(client, [channel], (_, data) => received.push(data));

        const lost = event(client, 'connecting');
        await gateway.child.kill9();
        await lost;
        await gateway.start();
        await until('it to be back', () => client.state === 'connected' && client.getSubscription(channel).state === 'subscribed', { within: 20_000 });

        await client.publish(channel, 'again');
        await until('the message', () => received.includes('again'));
        await cluster.haproxy.sees('gw-1', 'UP');
    });
});
