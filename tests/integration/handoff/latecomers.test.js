// Gateways that the coordinator does not wait for in a planned change: one that is cut off from ZooKeeper, and learns of it
// from the nodes; one that starts while the others prepare, and takes part.

import assert from 'node:assert/strict';

import { scenario } from '../../support/cluster/scenario.js';
import { Traffic } from '../../support/cluster/traffic.js';
import { clusterOnLines } from './lines.js';
import { statusOf, until } from './world.js';

const rooms = Array.from({ length: 240 }, (_, i) => `room-${i}`);

await scenario('a planned change and who comes late to it', async ({ step, after }) => {
    const { world, members, gateway, gatewayLine } = await clusterOnLines(after);
    const { cluster, traffic } = world;
    await traffic.open(rooms);

    const moved = (before, now) => new Set(rooms.filter((room) => before.get(room)[0] !== now.get(room)[0]));

    /** Everybody publishes on every room while `work` is done; resolves to what was refused. */
    async function under(load, work) {
        await world.whole(rooms, 'room-');
        load.histories.forget();
        load.disturbances.length = 0;
        const refused = new Set();
        load.onAnswer = (channel, publisher, done) => done || refused.add(`${channel} from ${publisher.gateway.id}`);
        const stop = load.stream({ apart: 200 });
        await work();
        await stop();
        await load.settled();
        assert.deepEqual(load.histories.violations().slice(0, 5), [], 'nothing is lost that was not told');
        assert.deepEqual([...refused].slice(0, 5), [], 'no publish is refused');
    }

    await step('a gateway that is cut off from ZooKeeper follows what nodes say, and tells its own clients', async ({ say }) => {
        const before = await world.carried('room-');
        let now;
        await under(traffic, async () => {
            gatewayLine.cut();
            await until('its entry to go', async () => !(await cluster.status()).gateways.some(({ id }) => id === gateway.id), { within: 30_000, every: 50 });
            const { node } = members[0];
            const { view } = await world.change({ kind: 'weight', node: node.id, weight: 300 });
            await until('it to have followed', async () => {
                const status = await statusOf(gateway);
                return status.view === view && status.session !== 'connected';
            }, { every: 20 });
            await until('its channels to be in their places', async () => {
                const wrong = await world.misplaced(rooms, 'room-');
                if (wrong) throw new Error(wrong);
                return true;
            }, { every: 50 });
            now = await world.carried('room-');
        });
        const gone = moved(before, now);
        assert.ok(gone.size > 0);
        // Nobody waited for it: whether it missed anything or not, what moved is not prepared and its gap has to be told.
        await until('its clients to be told of all that moved', () => {
            const untold = [...gone].find((room) => !traffic.disturbances.some(({ gateway: at, channel }) => at === gateway.id && channel === room));
            if (untold) throw new Error(`${untold} moved, and nobody was told`);
            return true;
        });
        const told = traffic.disturbances.map(({ gateway: at, channel, code }) => ({ at, channel, code }));
        say(`${gone.size} channels moved, ${told.length} of its clients' subscriptions told of a gap`);
        const others = told.filter(({ at, channel, code }) => at !== gateway.id || !gone.has(channel) || code !== 2500);
        assert.deepEqual(others.slice(0, 5), [], 'nobody is told but who was not waited for, of what moved');
        gatewayLine.mend();
        await world.whole(rooms, 'room-');
    });

    await step('a gateway that starts while others prepare takes part, and its clients miss nothing', async ({ say }) => {
        let newcomer;
        let subscribed;
        const before = await world.carried('room-');
        await under(traffic, async () => {
            const written = await world.written();
            const leader = await world.leader();
            const [slow] = cluster.gateways.filter((one) => one !== leader && one !== gateway);
            slow.child.freeze(); // without it there is no fence
            const asked = await world.ask({ kind: 'weight', node: members[0].node.id, weight: 100, rate: 2000 });
            await until('the proposal', async () => (await world.written()) > written, { every: 1 });

            newcomer = new Traffic([await cluster.addGateway()]);
            newcomer.histories = traffic.histories;
            after(() => newcomer.close());
            await newcomer.open(rooms);
            subscribed = await world.written();
            slow.child.thaw();
            const entry = await world.done(asked);
            assert.ok(entry.done, entry.reason);
            assert.equal(subscribed, written + 1, 'all others had yet to prepare');
            await until('every gateway at one node of each channel', async () => {
                const wrong = await world.misplaced(rooms, 'room-');
                if (wrong) throw new Error(wrong);
                return true;
            }, { every: 50 });
        });
        say(`${moved(before, await world.carried('room-')).size} channels moved`);
        assert.deepEqual([...traffic.disturbances, ...newcomer.disturbances].slice(0, 5), [], 'nobody is told of anything');
    });
});
