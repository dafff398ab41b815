// Garbage on every port gets a clear answer or a close, never a crash; and those who behave are
// served all the while. What a sanitizer has to say makes `Cluster.stop` fail.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { Cluster, clientsOf, connected, fresh, inTime, rawOf, subscribed, until } from './support.js';
import { Znodes } from '../../support/cluster/znodes.js';

/**
 * Sends bytes to a port, then nothing more; `then` are sent once something came back. Resolves to what
 * came back before the other end closed.
 */
function thrownAt(port, bytes, { end = true, then, within = 30_000 } = {}) {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const closed = new Promise((resolve) => {
        socket.on('connect', () => (end ? socket.end(bytes) : socket.write(bytes)));
        if (then) socket.once('data', () => socket.write(then));
        socket.on('data', (data) => (answer += data.toString('latin1')));
        socket.on('error', () => resolve(answer));
        socket.on('close', () => resolve(answer));
    });
    return inTime('the other end to close', closed, within).finally(() => socket.destroy());
}

/** Random bytes that a printed seed makes again. */
function* noise(seed) {
    let state = BigInt(seed) | 1n;
    for (;;) {
        const bytes = Buffer.alloc(1 + Number(state % 400n));
        for (let i = 0; i < bytes.length; ++i) {
            state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
            bytes[i] = Number(state >> 56n);
        }
        yield bytes;
    }
}

/** What ZooKeeper answers when there is such a znode already, or no place for one. */
const nodeExists = -110;
const noNode = -101;

const handshake = (lines = {}, path = '/connection/websocket') => {
    const headers = {
        Host: 'localhost', Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...lines,
    };
    const text = Object.entries(headers).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`);
    return `GET ${path} HTTP/1.1\r\n${text.join('')}\r\n`;
};

/** What is thrown, and the HTTP status that must come back; without one anything but silence for ever will do. */
const requests = [
    ['a wrong WebSocket version', handshake({ 'Sec-WebSocket-Version': '12' }), 426],
    ['no WebSocket key', handshake({ 'Sec-WebSocket-Key': null }), 400],
    ['a broken WebSocket key', handshake({ 'Sec-WebSocket-Key': 'x' }), 400],
    ['a header beyond the limit', handshake({ 'X-Long': 'x'.repeat(20_000) }), 431],
    ['too many headers', handshake(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`X-${i}`, '1']))), 431],
    ['an endless request line', `GET /${'x'.repeat(20_000)}`, undefined],
    ['a word that is no request', 'HELLO\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nnonsense\r\n\r\n', 400],
    ['a negative length', 'POST /api/info HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['two lengths', 'POST /api/info HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    ['a length and chunks', 'POST /api/info HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', undefined],
    ['broken chunks', 'POST /api/info HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', undefined],
    ['a body beyond the limit', 'POST /api/info HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n', 413],
    ['half a request', 'GET / HT', undefined],
    ['the start of TLS', Buffer.from('16030100c8010000c40303', 'hex'), undefined],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', undefined],
    ['a zero byte', Buffer.from([0]), undefined],
    ['nothing at all', '', undefined],
    ['many requests and a broken one', `${'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50)}\r\n\r\nX`, 200],
];

/** After a good handshake: frames that no WebSocket client may send. */
const frames = [
    ['a frame without a mask', Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
    ['reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['a length of 2^63', Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a length of 4 GiB', Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a length longer than need be', Buffer.from([0x81, 0xfe, 0, 2, 0, 0, 0, 0, 0x7b, 0x7d])],
    ['a fragmented ping', Buffer.from([0x09, 0x80, 0, 0, 0, 0])],
    ['a ping of 126 bytes', Buffer.concat([Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), Buffer.alloc(126)])],
    ['a continuation of nothing', Buffer.from([0x80, 0x80, 0, 0, 0, 0])],
    ['a close of one byte', Buffer.from([0x88, 0x81, 0, 0, 0, 0, 0])],
    ['a close with a code that nobody may send', Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed])],
    ['a binary frame', Buffer.from([0x82, 0x82, 0, 0, 0, 0, 0x7b, 0x7d])],
];

describe('garbage', { timeout: 170_000 }, () => {
    let cluster;
    let gateway;

    before(async () => {
        cluster = await Cluster.start({ nodes: 3, sessionTimeout: 2000, settings: { times: { request_timeout: '3s', close_timeout: '1s' } } });
        [gateway] = cluster.gateways;
    });
    after(() => cluster?.stop());

    /** Both gateways serve: a message from each reaches a client of each, on any channel or the given one. */
    async function serves(t, channel = fresh()) {
        const clients = cluster.gateways.map(({ url }) => clientsOf(t)(url));
        const received = clients.map(() => []);
        await Promise.all(clients.map((client) => connected(client)));
        await Promise.all(clients.map((client, i) => subscribed(client, [channel], (_, data) => received[i].push(data))));
        for (const [i, client] of clients.entries()) await client.publish(channel, i);
        await until('both messages at both', () => received.every((list) => list.length === 2));
        assert.deepEqual(cluster.dead.map(({ name }) => name), []);
    }

    /** What this gateway, as coordinator, says of entries that it cannot read: PATH BYTES, once for each line. */
    const complaintsOf = (one) => [...one.child.logText().matchAll(/unreadable entry ignored path=(.*) bytes=(\d+)$/gm)]
        .map(([, path, bytes]) => `${path} ${bytes}`);
    const alarm = 'ringcast_coordinator_unreadable_entries_total';
    /** Entries that were counted, by all gateways. */
    const counted = async () => (await Promise.all(cluster.gateways.map((one) => one.metric(alarm)))).reduce((sum, one) => sum + one);

    /** Each of these entries was complained of by a coordinator; none twice, and each time the alarm was counted. */
    async function complainedOnce(entries) {
        const all = cluster.gateways.flatMap(complaintsOf);
        for (const entry of entries) assert.ok(all.includes(entry), `nobody complains of ${entry}`);
        for (const one of cluster.gateways) {
            const complaints = complaintsOf(one);
            assert.deepEqual(complaints.filter((entry, i) => complaints.indexOf(entry) !== i), [], 'said twice');
            assert.equal(await one.metric(alarm), complaints.length);
        }
    }

    for (const [place, portOf] of [['clients', () => gateway.port], ['operators', () => gateway.adminPort]]) {
        test(`on the port of the ${place}: requests`, async (t) => {
            for (const [what, bytes, status] of requests) {
                const answer = await thrownAt(portOf(), bytes).catch((error) => {
                    throw new Error(`${what}: ${error.message}`);
                });
                if (status && place === 'clients') assert.match(answer, new RegExp(`^HTTP/1\\.[01] ${status} `), what);
                if (answer) assert.match(answer, /^HTTP\/1\.[01] [2345]\d\d /, what);
            }
            await serves(t);
        });

        test(`on the port of the ${place}: noise`, async (t) => {
            const seed = randomBytes(4).readUInt32LE();
            t.diagnostic(`seed ${seed}`);
            const bytes = noise(seed);
            for (let i = 0; i < 10; ++i) {
                await Promise.all(Array.from({ length: 20 }, () => thrownAt(portOf(), bytes.next().value)));
            }
            await serves(t);
        });
    }

    test('on the port of the clients: a request that never ends is given up', async () => {
        await thrownAt(gateway.port, 'GET /health HTTP/1.1\r\nHost: x\r\n', { end: false });
    });

    test('in frames after the handshake', async (t) => {
        await Promise.all(frames.map(async ([what, bytes]) => {
            const answer = await thrownAt(gateway.port, handshake(), { end: false, then: bytes }).catch((error) => {
                throw new Error(`${what}: ${error.message}`);
            });
            assert.match(answer, /^HTTP\/1\.1 101 /, what);
        }));
        await serves(t);
    });

    test('in frames: noise', async (t) => {
        const seed = randomBytes(4).readUInt32LE();
        t.diagnostic(`seed ${seed}`);
        const bytes = noise(seed);
        for (let i = 0; i < 10; ++i) {
            await Promise.all(Array.from({ length: 20 }, () =>
                thrownAt(gateway.port, handshake(), { end: false, then: bytes.next().value })));
        }
        await serves(t);
    });

    test('in commands', async (t) => {
        const seed = randomBytes(4).readUInt32LE();
        t.diagnostic(`seed ${seed}`);
        const bytes = noise(seed);
        const deep = '['.repeat(30_000);
        const texts = [
            `{"id":1,"connect":{"data":${deep}}}`, `{"id":1,"connect":{"token":"${'.'.repeat(60_000)}"}}`,
            '{"id":99999999999999999999,"connect":{}}', '{"id":-1,"connect":{}}', '{"id":1.5,"connect":{}}',
            '{"id":1,"connect":null}', '{"id":1,"connect":[]}', '{"id":1,"connect":{"subs":7}}', '{"id":1,"connect":{"name":"\\ud800"}}',
            '{"id":1,"connect":{}}\n'.repeat(500), '{"id":1,"connect":{},"subscribe":{"channel":"x"}}', '"', '{"\\u', '\u0000',
        ];
        for (let i = 0; i < 60; ++i) texts.push(bytes.next().value.toString('latin1'));
        for (const text of texts) {
            const raw = await rawOf(t, gateway.url);
            raw.socket.send(text);
            await until('an answer or a close', () => raw.messages.length > 0 || raw.socket.readyState !== 1);
            raw.close();
        }
        await serves(t);
    });

    test('in znodes', async (t) => {
        const znodes = await Znodes.open(cluster.zookeeper.members[0].port);
        t.after(() => znodes.close());
        const root = `/ringcast/${cluster.name}`;
        const before = await cluster.status();
        // No two of a length: the log tells how long it was.
        const rubbish = ['', '\0', '{]', '[0]', 'null', '{"address":5}', '{"address":"127.0.0.1:99999","weight":-1}', randomBytes(300), 'x'.repeat(100_000)];
        const created = [];
        for (const [i, data] of rubbish.entries()) {
            for (const path of [
                `nodes/rubbish-${i}`, `gateways/g-${9000000000 + i}`, `requests/r-${9000000000 + i}`, `nodes/ ${i}`, `gateways/rubbish ${i}`,
                `requests/rubbish-${i}`, `coordinator/rubbish-${i}`, `history/h-${9000000000 + i}`,
            ]) {
                const whole = `${root}/${path}`;
                await znodes.create(whole, data).then(() => created.push(whole), (error) => {
                    // Parents that are only made when they are needed.
                    if (error.code !== noNode) throw error;
                });
            }
        }

        const view = await znodes.get(`${root}/view`);
        for (const data of [...rubbish, view.subarray(0, view.length / 2), Buffer.concat([view, view])]) {
            await znodes.set(`${root}/view`, data);
            await serves(t);
        }
        await znodes.set(`${root}/view`, view);
        for (const path of created) await znodes.remove(path).catch(() => {});

        await until('the view to be as it was', async () => {
            const { view: number, digest } = await cluster.status();
            return number === before.view && digest === before.digest;
        }, { every: 100 });
        await serves(t);

        await complainedOnce(rubbish.flatMap((data, i) => [
            `nodes/rubbish-${i}`, `nodes/ ${i}`, `gateways/g-${9000000000 + i}`, `gateways/rubbish ${i}`, `requests/r-${9000000000 + i}`,
        ].map((path) => `${path} ${data.length}`)));
        // The routers read the view as well, and are told by the log and a counter of their own.
        for (const one of cluster.gateways) {
            const lines = [...one.child.logText().matchAll(/view unreadable from=zookeeper bytes=(\d+)/g)];
            assert.ok(lines.length > 0 && lines.length <= rubbish.length + 2, `${lines.length}`);
            assert.equal(new Set(lines.map(([, bytes]) => bytes)).size, lines.length, 'said twice');
            assert.equal(await one.metric('ringcast_views_unreadable_total'), lines.length);
        }
    });

    test('in the znodes of operators and of handoffs', async (t) => {
        const znodes = await Znodes.open(cluster.zookeeper.members[0].port);
        t.after(() => znodes.close());
        const root = `/ringcast/${cluster.name}`;
        const put = (path, data) => znodes.create(`${root}/${path}`, data).catch((error) => {
            if (error.code !== nodeExists) throw error;
            return znodes.set(`${root}/${path}`, data);
        });
        const paused = async () => (await Promise.all(cluster.gateways.map(async ({ adminUrl }) =>
            (await (await fetch(`${adminUrl}/status`)).json()).coordination?.paused))).includes(true);
        const settings = ['{', 'null', '[1]', '{"paused":7}', '{"subscribe_rate":"fast"}', randomBytes(300), 'x'.repeat(100_000)];

        // The last good settings stay in force.
        await put('config', '{"paused":true}');
        await until('the coordinator to be paused', paused);
        let count = await counted();
        for (const data of settings) {
            await put('config', data);
            await until(`${data.length} bytes of settings to be counted`, async () => (await counted()) > count);
            assert.equal(await counted(), ++count);
        }
        // What was said once is not said again, as what comes after it shows.
        for (const data of settings) await put('config', data);
        await put('config', '"the last word"');
        await until('the last word to be counted', async () => (await counted()) > count);
        assert.equal(await counted(), count + 1);
        assert.ok(await paused());
        await complainedOnce([...settings, '"the last word"'].map((data) => `config ${data.length}`));
        await assert.rejects(cluster.ctl('config', 'set', 'subscribe_rate', '5000'), /not a JSON object/);
        await serves(t);
        await put('config', '{}');
        await until('the coordinator to go on', async () => !(await paused()));

        // A change of the ring is made in the midst of it, under the operators' lock and with a barrier.
        for (const path of ['acks', 'yields', 'lock']) await put(path, randomBytes(30));
        const acks = ['acks/rubbish', 'acks/-1', `acks/${2n ** 64n}`, 'acks/0', 'acks/0/prepare', 'acks/0/prepare/ ', 'acks/0/leave', 'acks/0/leave/x', 'acks/0/leave/x/y'];
        // Some of it may be cleared away while it is being strewn.
        for (const path of acks) await put(path, randomBytes(30)).catch((error) => assert.equal(error.code, noNode, error.message));
        const others = [
            ...cluster.nodes.map(({ id }) => `yields/${id}`), 'yields/rubbish',
            'lock/rubbish', 'lock/l-', 'lock/l-rubbish', 'lock/l-0', 'lock/l-9-9999999999', 'lock/ 0000000000',
        ];
        for (const path of others) await put(path, randomBytes(30));
        const [member] = cluster.nodes;
        const { view } = await cluster.status();
        for (const weight of ['50', '100']) assert.equal((await cluster.ctl('weight', member.id, weight)).done, true);
        const after = await cluster.status();
        assert.ok(after.view > view);
        assert.equal(after.members.length, cluster.nodes.length);
        await serves(t);
        // Whatever lies where gateways meet is cleared away.
        await until('the acknowledgements to be gone', async () => (await znodes.children(`${root}/acks`)).length === 0, { every: 100 });

        // First in line it holds the lock, as far as anybody can tell; who waits is told, in letters.
        await put('lock/l-rubbish-0000000000', Buffer.concat([Buffer.from('\0\x1b[2J'), randomBytes(300)]));
        await assert.rejects(cluster.ctl('--timeout', '4', 'weight', member.id, '50'), (error) => {
            assert.equal(error.code, 5, error.message);
            assert.match(error.stderr, /somebody \("[ -~]*"\)/);
            assert.match(error.stderr, /^[ -~\n]*$/);
            return true;
        });
        for (const path of [...others, 'lock/l-rubbish-0000000000']) await znodes.remove(`${root}/${path}`);
        await serves(t);
    });

    test('from what was a Redis', async (t) => {
        const seed = randomBytes(4).readUInt32LE();
        t.diagnostic(`seed ${seed}`);
        const bytes = noise(seed);
        const speeches = [
            () => bytes.next().value,
            () => '+OK\r\n'.repeat(1000),
            () => '$999999999999\r\nx',
            () => '*999999999\r\n',
            () => '*1\r\n'.repeat(100_000),
            () => '-ERR go away\r\n'.repeat(10),
            () => ':9999999999999999999999\r\n',
            () => '*3\r\n$7\r\nmessage\r\n$-1\r\n*0\r\n',
            () => '>2\r\n+push\r\n%1\r\n',
            () => '*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n'.repeat(50),
        ];
        const victim = cluster.nodes[2];
        let visits = 0;
        const guests = new Set();
        const fake = createServer((socket) => {
            guests.add(socket);
            socket.on('close', () => guests.delete(socket));
            const speech = speeches[visits++ % speeches.length];
            socket.on('error', () => {});
            socket.on('data', () => socket.write(speech()));
            socket.write(speech());
        });
        t.after(() => fake.close());

        await victim.redis.kill9();
        await until('the port to be free', () => new Promise((resolve) => {
            fake.once('error', () => resolve(false));
            fake.listen(victim.port, '127.0.0.1', () => resolve(true));
        }));
        await until('many visits', () => visits > 30, { within: 30_000 });
        // The channels of the others know nothing of it.
        let spared;
        do spared = fresh(); while ((await cluster.ctl('locate', spared)).owner === victim.id);
        await serves(t, spared);

        // As long as something answers there, the node counts as misconfigured rather than dead.
        fake.close();
        for (const socket of guests) socket.destroy();
        await until('the node to be out of the ring', async () => (await cluster.status()).members.length === 2, { within: 20_000, every: 100 });
        await serves(t);
        assert.ok(victim.agent.running, 'the agent goes on trying');
    });
});
