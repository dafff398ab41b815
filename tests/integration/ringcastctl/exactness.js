// Changes that are planned, made, and compared with what the Redis servers then say.

import assert from 'node:assert/strict';

import { until } from '../../../deploy/cluster/wait.js';
import { Sent } from './sent.js';

/** `has[gateway](channel)`: whether it subscribes to it. `json(...words)`: what ringcastctl answers. */
export function exactness({ cluster, channels, has, json }) {
    const ids = Object.keys(has);

    /** Which node carries a channel, as the Redis servers tell: {channel: node id}. */
    const whereabouts = async () => {
        const found = {};
        await until('every channel on one node', async () => {
            for (const channel of channels) delete found[channel];
            let count = 0;
            for (const node of cluster.nodes) {
                for (const channel of await node.channels('room-')) {
                    found[channel] = node.id;
                    ++count;
                }
            }
            return count === channels.length && Object.keys(found).length === channels.length;
        }, { every: 100, within: 20_000 });
        return found;
    };

    /** What moved between two such tables: as a plan would say it. */
    const moves = (from, to) => {
        const flows = {};
        const byGateway = Object.fromEntries(ids.map((id) => [id, 0]));
        for (const channel of channels) {
            if (from[channel] === to[channel]) continue;
            const flow = (flows[`${from[channel]} ${to[channel]}`] ??= { channels: 0, subscriptions: 0 });
            ++flow.channels;
            for (const gateway of ids) {
                if (!has[gateway](channel)) continue;
                ++flow.subscriptions;
                ++byGateway[gateway];
            }
        }
        return { flows, byGateway };
    };

    const assertExact = (plan, before, now) => {
        const real = moves(before, now);
        const sum = (name) => Object.values(real.flows).reduce((all, flow) => all + flow[name], 0);
        assert.equal(plan.channels_moved, sum('channels'));
        assert.equal(plan.subscriptions_moved, sum('subscriptions'));
        const planned = Object.fromEntries(plan.flows.filter((flow) => flow.channels > 0)
            .map(({ from, to, channels: count, subscriptions }) => [`${from} ${to}`, { channels: count, subscriptions }]));
        assert.deepEqual(planned, real.flows);
        assert.deepEqual(Object.fromEntries(plan.gateways.map(({ id, subscriptions }) => [id, subscriptions])), real.byGateway);
    };

    /** What each gateway sent is what the steps need together; each is a handoff of its own. */
    const assertCommands = (plan, sent) => {
        const steps = plan.steps ?? [plan];
        // The connection to a member that goes closes as soon as nothing is to be heard on it.
        const stays = ({ flows, members }) => flows.every(({ from }) => members.find(({ id }) => id === from).weight_after > 0);
        for (const id of ids) {
            const planned = (name, among = steps) =>
                among.reduce((sum, { gateways }) => sum + (gateways.find((gateway) => gateway.id === id)?.[name] ?? 0), 0);
            const { subscribe, unsubscribe } = sent[id] ?? { subscribe: 0, unsubscribe: 0 };
            assert.equal(subscribe, planned('subscribe_commands'), `SUBSCRIBE of ${id}`);
            const least = planned('unsubscribe_commands', steps.filter(stays));
            // The first that leaves at a node need not be full, so that gateways do not all leave at once.
            const most = planned('unsubscribe_commands') + steps.reduce((sum, { flows }) => sum + new Set(flows.map(({ from }) => from)).size, 0);
            assert.ok(unsubscribe >= least && unsubscribe <= most, `${unsubscribe} UNSUBSCRIBE of ${id}, not ${least} to ${most}`);
        }
    };

    /** Plans a change, makes it, and compares; says what came of it. */
    const planAndDo = async (say, ...words) => {
        const before = await whereabouts();
        const sent = await Sent.open(cluster.nodes);
        const plan = await json('plan', ...words);
        const done = await json(...words);
        assert.equal(done.done, true);
        assertExact(plan, before, await whereabouts());
        assertCommands(plan, await sent.close());
        say(`${words.join(' ')}: ${plan.channels_moved} channels, ${plan.subscriptions_moved} subscriptions, ` +
            `${plan.seconds.toFixed(2)} s planned, ${(done.took_ms / 1000).toFixed(2)} s taken`);
        return { plan, done };
    };

    return { whereabouts, assertExact, planAndDo };
}
