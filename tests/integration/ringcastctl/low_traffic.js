// How much the cluster carries, as the nodes' agents count it, and what waits until that is less.

import assert from 'node:assert/strict';

import { until } from '../../../deploy/cluster/wait.js';

export async function lowTraffic({ step, cluster, traffic, channels, status, json, waiting, running }) {
    await step('traffic is what is published, and what waits for quiet waits for its end', async ({ say }) => {
        let published = 0;
        traffic.onAnswer = (channel, publisher, done) => (published += done ? 1 : 0);
        const stop = traffic.stream({ channels: channels.slice(0, 50), apart: 200 });
        const real = { at: performance.now(), published };
        // Each counts over two seconds of its own, so what it says is compared with the last three.
        const near = await until('traffic to be what is published', async () => {
            const { messages_per_second: told, members } = await status();
            const passed = (performance.now() - real.at) / 1000;
            if (passed < 3) return false;
            const rate = (published - real.published) / passed;
            Object.assign(real, { at: performance.now(), published });
            const sum = members.reduce((all, member) => all + member.messages_per_second, 0);
            return sum === told && told > 0.7 * rate && told < 1.3 * rate && { told, rate };
        }, { every: 100, within: 60_000 });
        say(`${near.told} messages/s in status, ${Math.round(near.rate)} answered`);

        const { view } = await status();
        const asking = running('weight', 'redis-3', '90', '--when-below', '10/s', '--for', '1s');
        await until('it to wait for quiet', async () => / it carries [1-9]\d*$/.test((await waiting())[0]?.state ?? ''), { every: 100 });
        assert.equal((await status()).view, view);
        const { refused, unanswered } = await stop();
        assert.deepEqual([refused, unanswered], [0, 0]);
        assert.equal((await asking.ended).code, 0);
        assert.ok((await status()).view > view);
        await json('undo');
    });

    await step('... though a member tells nothing of its traffic', async () => {
        const [node] = cluster.nodes;
        node.agent.freeze();
        try {
            const silent = await until('its entry to go', async () => {
                const seen = await status();
                return seen.traffic_unknown_of.length > 0 && seen.traffic_unknown_of;
            }, { every: 200, within: 30_000 });
            assert.deepEqual(silent, [node.id]);
        } finally {
            node.agent.thaw();
        }
        await until('it to be counted again', async () => (await status()).traffic_unknown_of.length === 0, { every: 200, within: 30_000 });
    });
}
