// While ZooKeeper is away the ring is frozen and traffic flows; when it is back, all is as it was.

import assert from 'node:assert/strict';

import { pause } from '../../../deploy/cluster/wait.js';
import { thaw } from '../../support/cluster/ensemble.js';
import { scenario } from '../../support/cluster/scenario.js';
import { Cluster, sdkClient, connected, fresh, subscribed, until } from './support.js';
import { Traffic, spread } from '../../support/cluster/traffic.js';

const sessionTimeout = 2000;

for (const zookeepers of [1, 3]) {
    await scenario(`with ${zookeepers} ZooKeeper server${zookeepers > 1 ? 's' : ''}`, async ({ step, after }) => {
        const cluster = await Cluster.start({
            zookeepers, sessionTimeout,
            settings: { limits: { commands_per_second: 0, publishes_per_second: 0 } },
        });
        after(() => cluster.stop());

        /** What has to be the same afterwards. */
        async function ring() {
            const { view, digest, members } = await cluster.status();
            return { view, digest, members: members.map(({ id, arcs }) => ({ id, arcs })) };
        }

        /** Traffic runs while `trouble` happens and for a while after it; nobody may notice. */
        async function undisturbed(say, trouble) {
            const before = await ring();
            const traffic = new Traffic(cluster.gateways);
            after(() => traffic.close());
            await traffic.open(Array.from({ length: 90 }, () => fresh('quiet')));
            const latencies = [];
            traffic.onDelivery = (channel, subscriber, message, latency) => latencies.push(latency);
            const stop = traffic.keepOn();

            await trouble();
            await until('both gateways and all nodes to be announced again', async () => {
                const { gateways, members } = await cluster.status();
                return gateways.length === 2 && members.every(({ registered }) => registered);
            }, { within: 30_000, every: 200 });
            // Whoever wanted to remove a node because its entry had vanished would have by now.
            await pause(sessionTimeout);

            const { rounds, refused } = await stop();
            await traffic.settled();
            traffic.close();
            say(`${rounds} rounds, ${latencies.length} deliveries, ${spread(latencies)}`);
            assert.equal(refused, 0);
            assert.deepEqual(traffic.disturbances, []);
            assert.deepEqual(traffic.histories.violations().slice(0, 5), []);
            assert.deepEqual(await ring(), before);
        }

        await step('killed and started again', async ({ say }) => {
            await undisturbed(say, async () => {
                await cluster.zookeeper.kill9();
                await pause(2 * sessionTimeout);

                // Also newcomers are served.
                const client = sdkClient(cluster.gateways[0].url);
                const channel = fresh();
                await connected(client);
                const received = [];
                await subscribed(client, [channel], (_, data) => received.push(data));
                await client.publish(channel, 'while it is away');
                await until('the message', () => received.length === 1);
                client.disconnect();
                for (const { adminUrl } of cluster.gateways) assert.equal((await fetch(`${adminUrl}/ready`)).status, 200);

                await cluster.zookeeper.startAll();
            });
        });

        await step('frozen for twice the session timeout, so that all sessions expire at once', async ({ say }) => {
            await undisturbed(say, async () => {
                cluster.zookeeper.freeze();
                await pause(2 * sessionTimeout);
                if (await thaw(cluster.zookeeper)) say('its leader committed nothing afterwards and was started again');
            });
        });

        if (zookeepers > 1) {
            await step('bereft of its leader', async ({ say }) => {
                await undisturbed(say, async () => {
                    const leader = await cluster.zookeeper.leader();
                    await leader.child.kill9();
                    await until('another leader', () => cluster.zookeeper.leader(), { every: 50 });
                });
                await cluster.zookeeper.startAll();
            });
        }
    });
}
