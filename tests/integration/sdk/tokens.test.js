// Who may connect, subscribe and publish: tokens as an application makes them, namespaces and their
// flags, and what the SDK does when a token ends.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Cluster, clientsOf, connected, event, fresh, inSeconds, inTime, rawOf, subscribed, token, until } from './support.js';

describe('with tokens', { timeout: 90_000 }, () => {
    let cluster;
    let gateway;

    before(async () => {
        cluster = await Cluster.start({
            standalone: true,
            gatewayArguments: [],
            settings: {
                tokens: { hmac_secret: 'secret', hmac_secret_previous: 'older secret' },
                admission: { connections_per_user_max: 3 },
                times: { expiry_grace: '3s' },
                channels: { subscribe_for_clients: true },
                namespaces: [
                    { name: 'open', subscribe_for_clients: true, subscribe_for_anonymous: true, publish_for_clients: true, publish_for_anonymous: true },
                    { name: 'talk', subscribe_for_clients: true, publish_for_subscribers: true },
                    { name: 'closed' },
                    { name: 'pairs', user_limited_channels: true },
                    { name: 'numbers', subscribe_for_clients: true, channel_pattern: 'numbers:[0-9]+' },
                ],
            },
        });
        [gateway] = cluster.gateways;
    });
    after(() => cluster?.stop());

    let users = 0;
    const someone = () => `user-${++users}`;

    /** A raw client that has connected as this user. */
    async function as(t, user, claims = {}) {
        const raw = await rawOf(t, gateway.url);
        const { connect } = await raw.connect({ token: token({ ...(user && { sub: user }), ...claims }) });
        assert.ok(connect, 'connected');
        raw.hello = connect;
        return raw;
    }

    describe('connecting', () => {
        async function closeOf(t, body) {
            const raw = await rawOf(t, gateway.url);
            raw.send({ id: 1, connect: body });
            return inTime('the close', raw.closed);
        }
        const invalid = { code: 3500, reason: 'invalid token' };

        test('without one is closed with 3501', async (t) => {
            assert.deepEqual(await closeOf(t, {}), { code: 3501, reason: 'bad request' });
        });

        test('with a forged one is closed with 3500', async (t) => {
            for (const forged of [
                token({ sub: '42' }, 'wrong secret'),
                token({ sub: '42' }, 'secret', { alg: 'none', typ: 'JWT' }),
                `${token({ sub: '42' }, 'secret', { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
                token({ sub: '42' }, 'secret', { alg: 'RS256', typ: 'JWT' }),
                token({ sub: '42', channel: 'x' }),
                token({ sub: 42 }),
                'no.token.atall', 'x', '..', token({ sub: '42' }).slice(0, -2),
            ]) {
                assert.deepEqual(await closeOf(t, { token: forged }), invalid, forged);
            }
        });

        test('with an expired one is error 109', async (t) => {
            const raw = await rawOf(t, gateway.url);
            const { error } = await raw.connect({ token: token({ sub: '42', exp: inSeconds(-10) }) });
            assert.deepEqual(error, { code: 109, message: 'token expired' });
        });

        test('with one signed by the previous secret works', async (t) => {
            const raw = await rawOf(t, gateway.url);
            assert.ok((await raw.connect({ token: token({ sub: someone() }, 'older secret') })).connect);
        });

        test('says when it expires', async (t) => {
            const raw = await as(t, someone(), { exp: inSeconds(600) });
            assert.equal(raw.hello.expires, true);
            assert.ok(raw.hello.ttl > 590 && raw.hello.ttl <= 600, `${raw.hello.ttl}`);
        });

        test('is limited to so many connections of one user', async (t) => {
            const user = someone();
            for (let i = 0; i < 3; ++i) await as(t, user);
            assert.deepEqual(await closeOf(t, { token: token({ sub: user }) }), { code: 3504, reason: 'connection limit' });
        });
    });

    describe('the SDK', () => {
        test('fetches another when its token has expired', async (t) => {
            let asked = 0;
            const user = someone();
            const client = clientsOf(t)(gateway.url, {
                token: token({ sub: user, exp: inSeconds(-10) }),
                getToken: async () => (++asked, token({ sub: user, exp: inSeconds(600) })),
                minReconnectDelay: 50, maxReconnectDelay: 100,
            });

            client.connect();
            await event(client, 'connected');

            assert.equal(asked, 1);
        });

        test('refreshes before the connection is closed, and stays', async (t) => {
            let asked = 0;
            let broken = 0;
            const user = someone();
            const fetch = async () => (++asked, token({ sub: user, exp: inSeconds(3) }));
            const client = clientsOf(t)(gateway.url, { token: await fetch(), getToken: fetch });
            client.on('connecting', ({ code }) => (broken += code !== 0));

            await connected(client);
            await until('two refreshes', () => asked >= 3, { within: 20_000 });

            assert.equal(client.state, 'connected');
            assert.equal(broken, 0);
        });

        test('is told by 3500 that its token is invalid, for good', async (t) => {
            const client = clientsOf(t)(gateway.url, { token: token({ sub: '42' }, 'wrong') });
            const end = event(client, 'disconnected');
            client.connect();
            assert.equal((await end).code, 3500);
        });
    });

    describe('an expiring connection', () => {
        test('is closed with 3005 when nobody refreshes it', async (t) => {
            const raw = await as(t, someone(), { exp: inSeconds(3) });
            assert.deepEqual(await inTime('the close', raw.closed), { code: 3005, reason: 'connection expired' });
        });

        test('lives on after a refresh', async (t) => {
            const user = someone();
            const raw = await as(t, user, { exp: inSeconds(5) });

            const { refresh } = await raw.ask('refresh', { token: token({ sub: user, exp: inSeconds(600) }) });

            assert.equal(refresh.expires, true);
            assert.ok(refresh.ttl > 590, `${refresh.ttl}`);
        });

        test("cannot be refreshed with another user's token", async (t) => {
            const raw = await as(t, someone(), { exp: inSeconds(60) });
            raw.send({ id: 50, refresh: { token: token({ sub: someone() }) } });
            assert.deepEqual(await inTime('the close', raw.closed), { code: 3500, reason: 'invalid token' });
        });

        test('is closed with 3005 when refreshed with an expired token', async (t) => {
            const user = someone();
            const raw = await as(t, user, { exp: inSeconds(60) });
            raw.send({ id: 50, refresh: { token: token({ sub: user, exp: inSeconds(-5) }) } });
            assert.deepEqual(await inTime('the close', raw.closed), { code: 3005, reason: 'connection expired' });
        });
    });

    describe('subscribing', () => {
        const codeOf = async (raw, channel, extra = {}) => {
            const reply = await raw.ask('subscribe', { channel, ...extra });
            return reply.error?.code ?? 0;
        };

        test('follows the flags of the namespace', async (t) => {
            const raw = await as(t, someone());
            assert.equal(await codeOf(raw, fresh()), 0);
            assert.equal(await codeOf(raw, `open:${fresh()}`), 0);
            assert.equal(await codeOf(raw, `closed:${fresh()}`), 103);
            assert.equal(await codeOf(raw, `nosuch:${fresh()}`), 102);
            assert.equal(await codeOf(raw, 'numbers:12'), 0);
            assert.equal(await codeOf(raw, 'numbers:x'), 107);
        });

        test('as an anonymous user needs a flag of its own', async (t) => {
            const raw = await as(t, '');
            assert.equal(await codeOf(raw, `open:${fresh()}`), 0);
            assert.equal(await codeOf(raw, `talk:${fresh()}`), 103);
        });

        test('to a channel of named users is for those alone', async (t) => {
            const [one, two, three] = [someone(), someone(), someone()];
            const channel = `pairs:x#${one},${two}`;
            assert.equal(await codeOf(await as(t, one), channel), 0);
            assert.equal(await codeOf(await as(t, two), channel), 0);
            assert.equal(await codeOf(await as(t, three), channel), 103);
        });

        test('to a private channel needs a token that names channel and user', async (t) => {
            const user = someone();
            const raw = await as(t, user);
            const channel = `$${fresh()}`;

            assert.equal(await codeOf(raw, channel), 103);
            assert.equal(await codeOf(raw, channel, { token: token({ sub: user, channel }, 'wrong') }), 103);
            assert.equal(await codeOf(raw, channel, { token: token({ sub: user, channel, exp: inSeconds(-5) }) }), 109);
            assert.equal(await codeOf(raw, channel, { token: token({ sub: user, channel }) }), 0);

            raw.send({ id: 90, subscribe: { channel: '$other', token: token({ sub: user, channel }) } });
            assert.deepEqual(await inTime('the close', raw.closed), { code: 3500, reason: 'invalid token' });
        });

        test('cannot be prolonged with a token that has expired: 3006', async (t) => {
            const user = someone();
            const raw = await as(t, user);
            const channel = `$${fresh()}`;
            assert.equal(await codeOf(raw, channel, { token: token({ sub: user, channel, exp: inSeconds(60) }) }), 0);

            raw.send({ id: 90, sub_refresh: { channel, token: token({ sub: user, channel, exp: inSeconds(-5) }) } });

            assert.deepEqual(await inTime('the close', raw.closed), { code: 3006, reason: 'subscription expired' });
        });

        test('with a token that ends is renewed by the SDK', async (t) => {
            const user = someone();
            const channel = `$${fresh()}`;
            const client = clientsOf(t)(gateway.url, { token: token({ sub: user }) });
            await connected(client);
            let asked = 0;
            const subscription = client.newSubscription(channel, {
                getToken: async () => (++asked, token({ sub: user, channel, exp: inSeconds(3) })),
            });
            let lost = 0;
            subscription.on('subscribing', ({ code }) => (lost += code !== 0));
            subscription.on('unsubscribed', () => ++lost);

            subscription.subscribe();
            await until('two renewals', () => asked >= 3, { within: 20_000 });

            assert.equal(subscription.state, 'subscribed');
            assert.equal(lost, 0);
        });

        test('with a token that nobody renews ends with 2501', async (t) => {
            const user = someone();
            const raw = await as(t, user);
            const channel = `$${fresh()}`;
            const { subscribe } = await raw.ask('subscribe', { channel, token: token({ sub: user, channel, exp: inSeconds(3) }) });
            assert.equal(subscribe.expires, true);

            await until('the push', () => raw.pushes(channel).length > 0, { within: 20_000 });

            assert.deepEqual(raw.pushes(channel)[0].unsubscribe, { code: 2501, reason: 'subscription expired' });
        });
    });

    describe('publishing', () => {
        test('follows the flags of the namespace', async (t) => {
            const raw = await as(t, someone());
            const room = `talk:${fresh()}`;
            const code = async (channel) => (await raw.ask('publish', { channel, data: 1 })).error?.code ?? 0;

            assert.equal(await code(`open:${fresh()}`), 0);
            assert.equal(await code(fresh()), 103);
            assert.equal(await code(`closed:${fresh()}`), 103);
            assert.equal(await code(room), 103);
            await raw.ask('subscribe', { channel: room });
            assert.equal(await code(room), 0);
            await raw.ask('unsubscribe', { channel: room });
            assert.equal(await code(room), 103);
        });

        test('carries what the tokens say of the publisher', async (t) => {
            const user = someone();
            const raw = await as(t, user, { info: { name: 'Ann' } });
            const channel = `talk:${fresh()}`;
            await raw.ask('subscribe', { channel, token: token({ sub: user, channel, info: { role: 'host' } }) });

            await raw.ask('publish', { channel, data: 'hi' });
            await until('the push', () => raw.pushes(channel).length > 0);

            assert.deepEqual(raw.pushes(channel)[0].pub, {
                data: 'hi',
                info: { user, client: raw.hello.client, conn_info: { name: 'Ann' }, chan_info: { role: 'host' } },
            });
        });

        test('by the application needs no flag', async (t) => {
            const user = someone();
            const client = clientsOf(t)(gateway.url, { token: token({ sub: user }) });
            await connected(client);
            const channel = fresh();
            const received = [];
            await subscribed(client, [channel], (_, data) => received.push(data));

            await gateway.api('publish', { channel, data: 1 });
            await until('the message', () => received.length === 1);
        });
    });
});

describe('where everybody has to have a name', { timeout: 60_000 }, () => {
    test('a token without one is closed with 3507, for good', async (t) => {
        const cluster = await Cluster.start({
            standalone: true,
            gatewayArguments: [],
            settings: { tokens: { hmac_secret: 'secret' }, admission: { anonymous_with_token: false } },
        });
        t.after(() => cluster.stop());
        const [{ url }] = cluster.gateways;
        const raw = await rawOf(t, url);

        raw.send({ id: 1, connect: { token: token({}) } });

        const denied = { code: 3507, reason: 'permission denied' };
        assert.deepEqual(await inTime('the close', raw.closed), denied);
        const client = clientsOf(t)(url, { token: token({}) });
        client.connect();
        const { code, reason } = await event(client, 'disconnected');
        assert.deepEqual({ code, reason }, denied);
        const named = await rawOf(t, url);
        assert.ok((await named.connect({ token: token({ sub: '42' }) })).connect);
    });
});
