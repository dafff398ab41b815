// What a client can do, over a whole cluster with two gateways or, with RINGCAST_STANDALONE=1, on one
// standalone gateway: the same tests, the same answers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Cluster, clientsOf, connected, event, fresh, inTime, rawOf, subscribed, until } from './support.js';

const standalone = process.env.RINGCAST_STANDALONE === '1';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe(standalone ? 'a client of a standalone gateway' : 'a client of a cluster', { timeout: 120_000 }, () => {
    let cluster;
    let one;  // two gateways; standalone they are one and the same
    let two;

    before(async () => {
        cluster = await Cluster.start({
            standalone,
            nodes: 2,
            settings: {
                server: { allowed_origins: ['https://*.example.org', 'http://localhost:3000'] },
                limits: { channels_per_client_max: 100, commands_per_second: 0, publishes_per_second: 0 },
                namespaces: [{ name: 'chat' }],
            },
        });
        one = cluster.gateways[0];
        two = cluster.gateways.at(-1);
    });
    after(() => cluster?.stop());

    describe('connecting', () => {
        test('gives it an id of its own and says how it is pinged', async (t) => {
            const raw = [await rawOf(t, one.url), await rawOf(t, one.url)];

            const replies = [await raw[0].connect(), await raw[1].connect()];

            for (const { connect } of replies) {
                assert.match(connect.client, uuid);
                assert.equal(connect.ping, 25);
                assert.equal(connect.pong, true);
                assert.ok(!('expires' in connect));
            }
            assert.notEqual(replies[0].connect.client, replies[1].connect.client);
        });

        test('works for the SDK, and leaving works too', async (t) => {
            const client = clientsOf(t)(one.url);

            const context = await connected(client);
            const left = event(client, 'disconnected');
            client.disconnect();

            assert.match(context.client, uuid);
            assert.equal(context.transport, 'websocket');
            assert.equal((await left).code, 0);
        });

        test('with an origin that is not on the list is refused with 403', async (t) => {
            for (const origin of ['https://example.com', 'https://example.org.evil.net', 'http://localhost:3001', 'null']) {
                await assert.rejects(rawOf(t, one.url, { origin }), { status: 403 }, origin);
            }
        });

        test('with an origin that matches, or none, is accepted', async (t) => {
            for (const origin of ['https://chat.example.org', 'http://localhost:3000', undefined]) {
                const raw = await rawOf(t, one.url, { origin });
                assert.ok((await raw.connect()).connect, origin);
            }
        });

        test('selects the JSON subprotocol when it is offered and no other', async (t) => {
            const json = await rawOf(t, one.url, { protocols: ['centrifuge-json'] });
            assert.equal(json.socket.protocol, 'centrifuge-json');
            await assert.rejects(rawOf(t, `${one.url}?cf_protocol=protobuf`), { status: 400 });
        });
    });

    describe('subscribing', () => {
        test('and leaving again and again neither loses a message nor gets one twice', async (t) => {
            const client = clientsOf(t)(one.url);
            const other = clientsOf(t)(two.url);
            await Promise.all([connected(client), connected(other)]);
            const channel = fresh();
            const received = [];
            const subscription = client.newSubscription(channel);
            subscription.on('publication', ({ data }) => received.push(data));

            // What is published after leaving may still come: it was on its way when the gateway heard
            // of it, or arrived there after the next subscribe, which a lingering subscription answers.
            const inside = () => received.filter((data) => data.startsWith('in'));
            const expected = [];
            for (let round = 0; round < 50; ++round) {
                const confirmed = event(subscription, 'subscribed');
                subscription.subscribe();
                await confirmed;
                await other.publish(channel, `in ${round}`);
                expected.push(`in ${round}`);
                await until('the message', () => inside().length === expected.length, { every: 2 });
                subscription.unsubscribe();
                await other.publish(channel, `out ${round}`);
            }

            assert.deepEqual(inside(), expected);
            assert.equal(new Set(received).size, received.length, 'none comes twice');
        });

        test('and leaving raw, many times in one frame, is answered in order for each channel', async (t) => {
            const raw = await rawOf(t, one.url);
            await raw.connect();
            const channel = fresh();
            const commands = [];
            for (let i = 0; i < 40; ++i) {
                commands.push({ id: 100 + 2 * i, subscribe: { channel } }, { id: 101 + 2 * i, unsubscribe: { channel } });
            }

            raw.send(...commands);
            await raw.reply(100 + 79);

            const answers = raw.messages.filter(({ id }) => id >= 100);
            assert.deepEqual(answers.map(({ id }) => id), commands.map(({ id }) => id));
            assert.ok(answers.every(({ error }) => !error), JSON.stringify(answers.find(({ error }) => error)));
        });

        test('to many channels at once works', async (t) => {
            const client = clientsOf(t)(one.url);
            const channels = Array.from({ length: 100 }, () => fresh());
            const received = new Map();
            await connected(client);

            await subscribed(client, channels, (channel, data) => received.set(channel, data));
            await Promise.all(channels.map((channel) => client.publish(channel, channel)));
            await until('all messages', () => received.size === channels.length);

            for (const [channel, data] of received) assert.equal(data, channel);
        });

        test('is refused where the protocol says so', async (t) => {
            const raw = await rawOf(t, one.url);
            await raw.connect();
            const channel = fresh();

            assert.deepEqual((await raw.ask('subscribe', { channel })).subscribe, {});
            assert.equal((await raw.ask('subscribe', { channel })).error?.code, 105);
            assert.equal((await raw.ask('subscribe', { channel: 'nosuch:room' })).error?.code, 102);
            assert.equal((await raw.ask('subscribe', { channel: 'x'.repeat(256) })).error?.code, 107);
            assert.equal((await raw.ask('subscribe', { channel: 'zürich' })).error?.code, 107);
            assert.ok((await raw.ask('subscribe', { channel: 'chat:room' })).subscribe);
            assert.deepEqual((await raw.ask('unsubscribe', { channel: fresh() })).unsubscribe, {});
        });

        test('to more channels than allowed is an error, not the end', async (t) => {
            const raw = await rawOf(t, one.url);
            await raw.connect();
            for (let i = 0; i < 100; ++i) raw.send({ id: 1000 + i, subscribe: { channel: fresh() } });
            await raw.reply(1099);

            const { error } = await raw.ask('subscribe', { channel: fresh() });

            assert.equal(error?.code, 106);
        });
    });

    describe('publishing', () => {
        test('reaches subscribers on both gateways, the publisher among them, once', async (t) => {
            const clients = [one.url, one.url, two.url, two.url].map((url) => clientsOf(t)(url));
            const channel = fresh();
            const received = clients.map(() => []);
            await Promise.all(clients.map((client) => connected(client)));
            await Promise.all(clients.map((client, i) =>
                subscribed(client, [channel], (_, data) => received[i].push(data))));

            for (let number = 0; number < 20; ++number) {
                await clients[number % clients.length].publish(channel, { number });
            }
            await until('all messages', () => received.every((list) => list.length >= 20));

            const expected = Array.from({ length: 20 }, (_, number) => ({ number }));
            for (const list of received) assert.deepEqual(list, expected);
        });

        test('keeps the data byte for byte', async (t) => {
            const raw = await rawOf(t, one.url);
            await raw.connect();
            const channel = fresh();
            await raw.ask('subscribe', { channel });
            const datas = [
                '{"a":[1,2,{"b":null}],"ü":"\\u00fc \\n \\ud83d\\ude00 😀"}', '0', '-1.5e+300', 'true', 'null', '""',
                '12345678901234567890', '[[[[]]]]', '{"a":1,"a":2}', '"\\/"',
            ];
            const texts = [];
            raw.socket.on('message', (text) => texts.push(text.toString()));

            for (const [i, data] of datas.entries()) {
                raw.socket.send(`{"id":${500 + i},"publish":{"channel":"${channel}","data":${data}}}`);
                assert.deepEqual((await raw.reply(500 + i)).publish, {}, data);
            }
            await until('all pushes', () => raw.pushes(channel).length === datas.length);

            const lines = texts.join('\n').split('\n').filter((line) => line.includes('"push"'));
            datas.forEach((data, i) => assert.ok(lines[i].includes(`"data":${data}`), `${data} in ${lines[i]}`));
        });

        test('may use newlines between tokens, which frames may not', async (t) => {
            const raw = await rawOf(t, one.url);
            await raw.connect();
            const channel = fresh();
            await raw.ask('subscribe', { channel });

            raw.socket.send(`{"id":900,"publish":{"channel":"${channel}",\r"data":{\r"x" :\t[1,\r2]}}}`);
            await fetch(`${one.httpUrl}/api/publish`, {
                method: 'POST',
                headers: { 'X-API-Key': 'loopback' },
                body: `{\n"channel" : "${channel}",\n"data" : {\n"x":\r\n[3,\n4]\n}\n}\n`,
            });
            await until('both pushes', () => raw.pushes(channel).length === 2);

            const datas = raw.pushes(channel).map(({ pub }) => JSON.stringify(pub.data)).sort();
            assert.deepEqual(datas, ['{"x":[1,2]}', '{"x":[3,4]}']);
        });

        test('names the publisher, whom a client cannot invent', async (t) => {
            const raw = await rawOf(t, one.url);
            const listener = await rawOf(t, two.url);
            const { connect } = await raw.connect();
            await listener.connect();
            const channel = fresh();
            await listener.ask('subscribe', { channel });

            await raw.ask('publish', { channel, data: 1, info: { user: 'admin', client: 'x' } });
            await until('the push', () => listener.pushes(channel).length === 1);

            assert.deepEqual(listener.pushes(channel)[0].pub, { data: 1, info: { user: '', client: connect.client } });
        });

        test('without data, or to an unknown namespace, is an error', async (t) => {
            const raw = await rawOf(t, one.url);
            await raw.connect();

            assert.equal((await raw.ask('publish', { channel: fresh() })).error?.code, 107);
            assert.equal((await raw.ask('publish', { channel: 'nosuch:room', data: 1 })).error?.code, 102);
        });

        test('a long message works up to the limit of a frame', async (t) => {
            const clients = [clientsOf(t)(one.url), clientsOf(t)(two.url)];
            await Promise.all(clients.map((client) => connected(client)));
            const channel = fresh();
            const data = 'x'.repeat(65_000);
            let received;
            await subscribed(clients[1], [channel], (_, text) => (received = text));

            await clients[0].publish(channel, data);
            await until('the message', () => received);

            assert.equal(received, data);
        });
    });

    test('several commands in one message are done in their order', async (t) => {
        const raw = await rawOf(t, one.url);
        const channel = fresh();

        raw.send({ id: 1, connect: {} }, { id: 2, subscribe: { channel } }, { id: 3, subscribe: { channel: 'nosuch:x' } }, '');
        await raw.reply(2);
        await raw.reply(3);

        assert.equal(raw.messages[0].id, 1);
        assert.ok(raw.messages.find(({ id }) => id === 2).subscribe);
        assert.equal(raw.messages.find(({ id }) => id === 3).error.code, 102);
    });

    test('rpc, presence and history are answered as not available, and the connection lives', async (t) => {
        const client = clientsOf(t)(one.url);
        await connected(client);

        for (const call of [client.rpc('x', {}), client.presence('room'), client.presenceStats('room'), client.history('room')]) {
            await assert.rejects(call, { code: 108 });
        }
        assert.equal(client.state, 'connected');
    });

    describe('an application server', () => {
        const post = (path, { headers = { 'X-API-Key': 'loopback' }, body = '{}', method = 'POST' } = {}) =>
            fetch(`${one.httpUrl}${path}`, { method, headers, body: method === 'GET' ? undefined : body });

        test('publishes to subscribers on both gateways', async (t) => {
            const clients = [clientsOf(t)(one.url), clientsOf(t)(two.url)];
            const channel = fresh();
            const received = [];
            await Promise.all(clients.map((client) => connected(client)));
            await Promise.all(clients.map((client) => subscribed(client, [channel], (_, data) => received.push(data))));

            const result = await one.api('publish', { channel, data: { text: 'from backend' }, tags: { lang: 'en' } });
            await until('both messages', () => received.length === 2);

            assert.deepEqual(result, {});
            assert.deepEqual(received, [{ text: 'from backend' }, { text: 'from backend' }]);
        });

        test('broadcasts, with one answer for each channel', async (t) => {
            const client = clientsOf(t)(two.url);
            const channels = [fresh(), fresh()];
            const received = [];
            await connected(client);
            await subscribed(client, channels, (channel, data) => received.push([channel, data]));

            const { responses } = await one.api('broadcast', { channels: [channels[0], 'nosuch:x', channels[1]], data: 7 });
            await until('both messages', () => received.length === 2);

            assert.deepEqual(responses[0], { result: {} });
            assert.equal(responses[1].error.code, 102);
            assert.deepEqual(responses[2], { result: {} });
            assert.deepEqual(received.sort(), channels.map((channel) => [channel, 7]).sort());
        });

        test('is told about every gateway', async (t) => {
            const client = clientsOf(t)(two.url);
            await connected(client);
            await subscribed(client, [fresh()], () => {});

            const seen = await until('the counts to arrive', async () => {
                const { nodes } = await one.api('info');
                const clients = nodes.reduce((sum, node) => sum + node.num_clients, 0);
                const subs = nodes.reduce((sum, node) => sum + node.num_subs, 0);
                return nodes.length === cluster.gateways.length && clients >= 1 && subs >= 1 && nodes;
            }, { every: 100 });

            for (const node of seen) {
                for (const field of ['uid', 'name', 'version', 'num_clients', 'num_users', 'num_subs', 'num_channels']) {
                    assert.ok(field in node, field);
                }
            }
        });

        test('without the right key gets 401, however it is sent', async () => {
            for (const headers of [{}, { 'X-API-Key': 'wrong' }, { Authorization: 'apikey wrong' }, { 'X-API-Key': '' }]) {
                assert.equal((await post('/api/info', { headers })).status, 401, JSON.stringify(headers));
            }
            assert.equal((await post('/api/info?api_key=wrong', { headers: {} })).status, 401);
        });

        test('may send the key in either header or in the query', async () => {
            assert.equal((await post('/api/info')).status, 200);
            assert.equal((await post('/api/info', { headers: { Authorization: 'apikey loopback' } })).status, 200);
            assert.equal((await post('/api/info?api_key=loopback', { headers: {} })).status, 200);
        });

        test('gets 400 for what is not JSON, 405 for another verb, 404 for what is not there', async () => {
            assert.equal((await post('/api/publish', { body: '{"channel":' })).status, 400);
            assert.equal((await post('/api/publish', { method: 'GET' })).status, 405);
            assert.equal((await post('/api/nosuch')).status, 404);
            assert.equal((await post('/nosuch')).status, 404);
        });

        test('is told which field is missing by error 107', async () => {
            await assert.rejects(one.api('publish', { data: 1 }), { code: 107 });
            await assert.rejects(one.api('publish', { channel: 'room' }), { code: 107 });
            await assert.rejects(one.api('publish', { channel: 'nosuch:x', data: 1 }), { code: 102 });
        });
    });

    test('the gateway says that it is well, ready, and what it counts', async (t) => {
        const raw = await rawOf(t, one.url);
        await raw.connect();

        const health = await fetch(`${one.httpUrl}/health`);
        assert.equal(health.status, 200);
        assert.deepEqual(await health.json(), {});
        assert.equal((await fetch(`${one.adminUrl}/health`)).status, 200);
        assert.equal((await fetch(`${one.adminUrl}/ready`)).status, 200);
        const metrics = await one.metrics();
        assert.ok(metrics.length > 10, 'metrics');
        assert.equal((await fetch(`${one.httpUrl}/metrics`)).status, 404, 'the metrics are not on the client port');
    });

    test('clients of several threads reach each other', async (t) => {
        // Twenty connections over two threads: that all are on one has a chance of one in 500,000.
        const clients = Array.from({ length: 20 }, () => clientsOf(t)(one.url));
        const channel = fresh();
        const received = clients.map(() => 0);
        await Promise.all(clients.map((client) => connected(client)));
        await Promise.all(clients.map((client, i) => subscribed(client, [channel], () => ++received[i])));

        await Promise.all(clients.map((client, i) => client.publish(channel, i)));
        await inTime('everybody to hear everybody', until('it', () => received.every((count) => count >= 20)));

        assert.ok(received.every((count) => count === 20), received.join());
    });
});
