// What measures pauses must see one, and must be able to say that a message was lost or came again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Cluster } from '../../../deploy/cluster/cluster.js';
import { Line } from '../../support/cluster/line.js';
import { PauseMeter } from '../../support/cluster/pause_meter.js';

const channels = ['timed-0', 'timed-1', 'timed-2'];
const apart = 30;
let cluster;
let line;
let meter;

before(async () => {
    cluster = await Cluster.start({ standalone: true, settings: { limits: { commands_per_second: 0, publishes_per_second: 0 } } });
    const [gateway] = cluster.gateways;
    line = await Line.to(gateway.port);
    const gateways = [{ id: 'straight', url: gateway.url }, { id: 'by the line', url: gateway.url.replace(`${gateway.port}`, `${line.port}`) }];
    meter = await PauseMeter.start({ folder: cluster.folder, gateways, channels, apart });
});

after(async () => {
    await meter?.close();
    line?.close();
    await cluster?.stop();
});

test('every channel has its wait, anew each time', async () => {
    for (let i = 0; i < 3; ++i) {
        const { waits, lag, load, faults } = await meter.take();

        assert.deepEqual([...waits.keys()], channels);
        for (const wait of waits.values()) assert.ok(wait > 0, `${wait} ms`);
        assert.ok(lag >= 0 && load > 0, `${lag} ms, ${load}`);
        assert.deepEqual(faults, []);
    }
});

test('a pause of one gateway is seen on every channel', async () => {
    const pause = 1000;
    const longest = new Map();
    async function look() {
        const { waits, faults } = await meter.take();
        for (const [channel, wait] of waits) longest.set(channel, Math.max(wait, longest.get(channel) ?? 0));
        assert.deepEqual(faults, []);
    }

    let mended = false;
    line.cut();
    setTimeout(() => {
        line.mend();
        mended = true;
    }, pause);
    // What was answered before the cut may be all that the first look has to tell.
    while (!mended) await look();
    await look();

    for (const [channel, wait] of longest) assert.ok(wait > pause / 2, `${channel}: ${wait} ms`);
});

test('what comes again is a fault, and what does not come', async () => {
    const [gateway] = cluster.gateways;
    const [channel] = channels;

    await gateway.api('publish', { channel, data: { p: 0, n: 1 } });
    await gateway.api('publish', { channel, data: { p: 1, n: 1_000_000 } });
    const { published, received, refused, faults } = await meter.finish();

    assert.equal(received, published + 2);
    assert.equal(refused, 0);
    assert.match(faults[0], /^timed-0: of publisher on straight, 1 came again or late/);
    assert.match(faults[1], /^timed-0: of publisher on by the line, \d+ to 999999 did not come before 1000000/);
});

test('a meter that has ended does not let anybody wait', async () => {
    await meter.child.kill9();

    await assert.rejects(meter.take(), /it ended/);
});
