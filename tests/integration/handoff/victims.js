// Who may die in a handoff, how each comes back, and who may notice.

import { until } from '../../../deploy/cluster/wait.js';
import { thaw } from '../../support/cluster/ensemble.js';

/**
 * A victim: `freeze`, `thaw`, `kill` and `revive` do it; `missed(status)` says whether the cluster knows of the death,
 * where it has to before the test goes on; `suffers({gateway, channel})` whether that client may notice, `refuses` whether
 * at least its publishes may be refused.
 */
const nobody = () => false;

/** A process whose death nobody may notice, unless the caller says otherwise. */
function processOf(child, ready, rest) {
    return {
        freeze: () => child.freeze(),
        thaw: () => child.thaw(),
        kill: () => child.kill9(),
        revive: () => child.start(ready),
        suffers: nobody,
        refuses: rest?.suffers ?? nobody,
        ...rest,
    };
}

/** Without it nobody renews the lease of its node, which goes on to deliver and, when the lease is over, takes no publishes. */
function agent(node, carriedThen) {
    return processOf(node.agent, undefined, { refuses: carriedBy(node, carriedThen) });
}

function server(gateway) {
    return processOf(gateway.child, () => gateway.ready(), {
        missed: ({ gateways }) => !gateways.some(({ id }) => id === gateway.id),
        suffers: ({ gateway: at }) => at === gateway,
    });
}

/** Whether this node carries the channel at any of these times. */
function carriedBy(node, carriedThen) {
    return ({ channel }) => channel !== undefined && carriedThen().some((carried) => carried.get(channel)?.includes(node.id));
}

function redis(node, carriedThen) {
    return processOf(node.redis, async () => (await node.command('PING')) === 'PONG', {
        missed: ({ members }) => !members.some(({ id }) => id === node.id),
        suffers: carriedBy(node, carriedThen),
    });
}

/** ZooKeeper as a whole, or the server of it that leads. The test's own connection is made again. */
function ensemble(world) {
    const { zookeeper } = world.cluster;
    return {
        freeze: () => zookeeper.freeze(),
        thaw: async () => {
            await thaw(zookeeper);
            await world.reopen();
        },
        kill: () => zookeeper.kill9(),
        revive: async () => {
            await zookeeper.startAll();
            await world.reopen();
        },
        suffers: nobody,
        refuses: nobody,
    };
}

async function leadingServer(world) {
    const { zookeeper } = world.cluster;
    const { child } = await until('a leader of the ensemble', () => zookeeper.leader(), { every: 50 });
    return { ...ensemble(world), freeze: () => child.freeze(), kill: () => child.kill9() };
}

/**
 * The victims that a name stands for: one, or two joined by "and". `carriedThen()` tells where channels were: maps of
 * channel -> [node ids] from before the change to after it.
 */
export function victimsNamed(name, { world, leader, gateway, old, young, carriedThen }) {
    const known = {
        'coordinator': () => server(leader),
        'gateway': () => server(gateway),
        'agent of the old owner': () => agent(old, carriedThen),
        'agent of the new owner': () => agent(young, carriedThen),
        'old owner': () => redis(old, carriedThen),
        'new owner': () => redis(young, carriedThen),
        'ZooKeeper': () => ensemble(world),
        "ZooKeeper's leader": () => leadingServer(world),
    };
    return Promise.all(name.split(' and ').map((one) => known[one]()));
}
