// Every way to lose a client: its code, its reason, and what the SDK makes of it. On standalone
// gateways, where the clients' side is the same and a start takes no time.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Cluster, RawClient, clientsOf, connected, event, fresh, inTime, rawOf, subscribed, until } from './support.js';

const start = (settings, gatewayArguments) => Cluster.start({ standalone: true, settings, ...(gatewayArguments && { gatewayArguments }) });

describe('a connection is closed', { timeout: 100_000 }, () => {
    let cluster;
    let gateway;

    before(async () => {
        cluster = await start({
            // Long enough for a busy machine; whoever never answers pings has three seconds at least.
            times: { ping_interval: '2s', pong_timeout: '1900ms', connect_timeout: '3s' },
            limits: { message_bytes_max: 65536, commands_per_second: 200, publishes_per_second: 100 },
        });
        [gateway] = cluster.gateways;
    });
    after(() => cluster?.stop());

    /** What a raw client is closed with after sending this. */
    async function closeAfter(t, ...frames) {
        const raw = await rawOf(t, gateway.url);
        for (const frame of frames) raw.socket.send(frame);
        return inTime('the close', raw.closed);
    }

    const connect = '{"id":1,"connect":{}}';

    for (const [what, ...frames] of [
        ['what is not JSON', 'hello'],
        ['an empty message', ''],
        ['a message of newlines', '\n\n'],
        ['JSON that is no object', '[]'],
        ['a broken object', '{"id":1,"connect":{}'],
        ['two objects on one line', `${connect}${connect}`],
        ['a command before connect', '{"id":1,"subscribe":{"channel":"x"}}'],
        ['a second connect', connect, '{"id":2,"connect":{}}'],
        ['a pong to no ping', connect, '{}'],
        ['a command without an id', connect, '{"subscribe":{"channel":"x"}}'],
        ['an unknown method', connect, '{"id":2,"nosuch":{}}'],
        ['an id without a method', connect, '{"id":2}'],
        ['ping as a method', connect, '{"id":2,"ping":{}}'],
        ['no channel', connect, '{"id":2,"subscribe":{}}'],
        ['an id that is no number', connect, '{"id":"2","subscribe":{"channel":"x"}}'],
        ['a raw zero byte', '{"id":1,"connect":{}}\0'],
    ]) {
        test(`3501 for ${what}`, async (t) => {
            assert.deepEqual(await closeAfter(t, ...frames), { code: 3501, reason: 'bad request' });
        });
    }

    test('1009 for a message beyond the limit, which the SDK takes as final', async (t) => {
        const raw = await rawOf(t, gateway.url);
        raw.send({ id: 1, connect: { data: 'x'.repeat(70_000) } });
        assert.deepEqual(await inTime('the close', raw.closed), { code: 1009, reason: 'message size limit exceeded' });

        const client = clientsOf(t)(gateway.url);
        await connected(client);
        const end = event(client, 'disconnected');
        client.publish(fresh(), 'x'.repeat(70_000)).catch(() => {});
        await end;
        assert.equal(client.state, 'disconnected');
    });

    test('1007 for text that is not UTF-8', async (t) => {
        const raw = await rawOf(t, gateway.url);
        raw.socket.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
        assert.deepEqual(await inTime('the close', raw.closed), { code: 1007, reason: '' });
    });

    test('3502 when no connect comes in time', async (t) => {
        const raw = await rawOf(t, gateway.url);
        assert.deepEqual(await inTime('the close', raw.closed), { code: 3502, reason: 'stale' });
    });

    test('3012 when a ping is not answered in time', async (t) => {
        const raw = await rawOf(t, gateway.url);
        const begin = performance.now();
        await raw.connect();

        const close = await inTime('the close', raw.closed);

        const took = performance.now() - begin;
        assert.deepEqual(close, { code: 3012, reason: 'no pong' });
        assert.ok(raw.messages.some((message) => Object.keys(message).length === 0), 'it was pinged');
        // The first ping comes after one to two seconds.
        assert.ok(took > 2800 && took < 7000, `after ${took} ms`);
    });

    test('never while pings are answered', async (t) => {
        const raw = await rawOf(t, gateway.url);
        await raw.connect();
        let pings = 0;
        raw.socket.on('message', (data) => {
            if (data.toString() !== '{}') return;
            ++pings;
            raw.socket.send('{}');
        });

        await until('three pings', () => pings >= 3, { within: 20_000 });

        assert.equal(raw.socket.readyState, 1);
    });

    test('3508 for send, which nothing listens to', async (t) => {
        assert.deepEqual(await closeAfter(t, connect, '{"send":{"data":1}}'), { code: 3508, reason: 'not available' });
    });

    test('3013 for a flood of commands', async (t) => {
        const raw = await rawOf(t, gateway.url);
        await raw.connect();
        // In one message: all at one moment, however slow the machine.
        raw.send(...Array.from({ length: 300 }, (_, i) => ({ id: 10 + i, unsubscribe: { channel: 'x' } })));
        assert.deepEqual(await inTime('the close', raw.closed), { code: 3013, reason: 'too many requests' });
    });

    test('not for a flood of publishes: those get error 111, which is temporary', async (t) => {
        const raw = await rawOf(t, gateway.url);
        await raw.connect();
        raw.send(...Array.from({ length: 150 }, (_, i) => ({ id: 10 + i, publish: { channel: 'x', data: i } })));
        await until('150 replies', () => raw.messages.filter(({ id }) => id >= 10).length === 150);

        const refused = raw.messages.filter(({ error }) => error);
        assert.ok(refused.length > 0 && refused.length < 150, `${refused.length}`);
        for (const { error } of refused) assert.deepEqual(error, { code: 111, message: 'too many requests', temporary: true });
        assert.equal(raw.socket.readyState, 1);
    });

    test('by a reason that is never empty and never JSON', async (t) => {
        const { reason } = await closeAfter(t, 'x');
        assert.ok(reason.length > 0 && !reason.startsWith('{'));
    });

    test('for good, as the SDK sees it, with 3501', async (t) => {
        const client = clientsOf(t)(gateway.url);
        await connected(client);
        const end = event(client, 'disconnected');

        // Behind the SDK's back: a second connect.
        client._transport.send(connect);

        assert.deepEqual(await end.then(({ code, reason }) => ({ code, reason })), { code: 3501, reason: 'bad request' });
        assert.equal(client.state, 'disconnected');
    });

    test('by the SDK itself when the pings stay away, and opened again when the gateway is back', async (t) => {
        const client = clientsOf(t)(gateway.url, { maxServerPingDelay: 500, minReconnectDelay: 100, maxReconnectDelay: 200 });
        await connected(client);
        const trouble = event(client, 'connecting');

        gateway.child.freeze();
        t.after(() => gateway.child.thaw());
        const { code } = await trouble;
        gateway.child.thaw();

        assert.equal(code, 2, 'no ping');
        await until('it to be connected again', () => client.state === 'connected');
    });
});

describe('a gateway that stops', { timeout: 60_000 }, () => {
    test('closes every connection with 3001 and ends by itself', async (t) => {
        const cluster = await start({});
        t.after(() => cluster.stop());
        const [gateway] = cluster.gateways;
        const raws = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(gateway.url)));
        await Promise.all(raws.map((raw) => raw.connect()));

        const end = await gateway.child.stop();

        for (const raw of raws) assert.deepEqual(await inTime('the close', raw.closed), { code: 3001, reason: 'shutdown' });
        assert.deepEqual(end, { code: 0, signal: null });
    });

    test('sends what was queued before it closes', async (t) => {
        const cluster = await start({});
        t.after(() => cluster.stop());
        const [gateway] = cluster.gateways;
        const raw = await RawClient.open(gateway.url);
        await raw.connect();
        await raw.ask('subscribe', { channel: 'room' });

        for (let i = 0; i < 100; ++i) await gateway.api('publish', { channel: 'room', data: i });
        await gateway.child.stop();
        await raw.closed;

        assert.deepEqual(raw.pushes('room').map(({ pub }) => pub.data), Array.from({ length: 100 }, (_, i) => i));
    });

    test('refuses newcomers with 503 while it drains, and says that it is not ready', async (t) => {
        const cluster = await start({ gateway: { drain_rate: 5 } });
        t.after(() => cluster.stop());
        const [gateway] = cluster.gateways;
        const raws = await Promise.all(Array.from({ length: 15 }, () => RawClient.open(gateway.url)));
        await Promise.all(raws.map((raw) => raw.connect()));

        const end = gateway.child.stop();
        await until('it not to be ready', async () => (await fetch(`${gateway.adminUrl}/ready`)).status === 503, { every: 5 });

        await assert.rejects(RawClient.open(gateway.url), { status: 503 });
        await Promise.all(raws.map((raw) => inTime('the close', raw.closed)));
        assert.equal((await end).code, 0);
    });
});

describe('limits', { timeout: 60_000 }, () => {
    test('on the outgoing queue close a client that reads too slowly with 3008, and nobody else notices', async (t) => {
        // Room for seventeen messages: the fast one may be a few behind on a busy machine.
        // Nor is it a slow machine that ends the slow one: neither in the middle of a write, nor before it has read why.
        const cluster = await start({ limits: { queue_bytes_max: 1_048_576 }, times: { write_timeout: '30s', close_timeout: '30s' } });
        t.after(() => cluster.stop());
        const [gateway] = cluster.gateways;
        const slow = await rawOf(t, gateway.url);
        const clients = clientsOf(t);
        const fast = clients(gateway.url);
        const channel = fresh();
        let received = 0;
        await slow.connect();
        await slow.ask('subscribe', { channel });
        await connected(fast);
        await subscribed(fast, [channel], () => ++received);
        slow.socket.pause();

        // Until the buffers of the kernel are full too.
        let sent = 0;
        const closed = () => gateway.metric('ringcast_sessions_closed_total', { code: '3008' });
        const text = 'x'.repeat(60_000);
        await until('the slow one to be closed', async () => {
            for (let i = 0; i < 20; ++i) await gateway.api('publish', { channel, data: text });
            sent += 20;
            return (await closed()) >= 1;
        }, { within: 20_000, every: 1 });
        await until('the fast one to have it all', () => received === sent);

        slow.socket.resume();
        assert.deepEqual(await inTime('the end of the slow one', slow.closed), { code: 3008, reason: 'slow' });
        assert.equal(fast.state, 'connected');
    });

    test('on connections refuse with 503, and admit again when there is room', async (t) => {
        const cluster = await start({ limits: { connections_per_address_max: 3 } });
        t.after(() => cluster.stop());
        const [gateway] = cluster.gateways;
        const raws = [await rawOf(t, gateway.url), await rawOf(t, gateway.url), await rawOf(t, gateway.url)];

        await assert.rejects(rawOf(t, gateway.url), { status: 503 });

        raws[0].close();
        await until('room', () => rawOf(t, gateway.url));
    });
});
