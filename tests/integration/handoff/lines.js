// A cluster whose parts can be cut off from each other.

import { freePort } from '../../../deploy/cluster/ports.js';
import { Line } from '../../support/cluster/line.js';
import { World, statusOf, until } from './world.js';

/** Whether a connection's first words, CLIENT SETNAME, say that it is this gateway's. */
export const isOfGateway = ({ id }) => (greeting) => greeting.includes(`ringcast:${id}:`);

/** ... or that by it the agent of this node asks a member for its word. */
export const isOfAgent = ({ id }) => (greeting) => greeting.includes(`ringcast-node:${id}:members`);

/** Waits until the gateway has neither ZooKeeper nor any node but the one at `address`: of what is cut nobody is told. */
export function untilAloneWith(address, gateway) {
    return until(`${gateway.id} to be alone with the node at ${address}`, async () => {
        const { session, links } = await statusOf(gateway);
        const others = links.filter((link) => link.address !== address);
        const reached = others.find(({ publishing, subscribing }) => publishing || subscribing);
        if (reached) throw new Error(`it reaches ${reached.node} at ${reached.address}`);
        if (session === 'connected') throw new Error('it has its session');
        return others.length > 0;
    });
}

/**
 * Three members and three gateways. The members are reached by lines that can be cut, and so is ZooKeeper by the last
 * member's agent (`agentLine`) and by the last gateway (`gatewayLine`). `after` is a scenario's.
 */
export async function clusterOnLines(after) {
    const world = await World.start(after, { nodes: 1, standby: 0, gateways: 2 });
    const { cluster } = world;

    async function lineTo(port) {
        const line = await Line.to(port);
        after(() => line.close());
        return line;
    }
    const zookeeper = cluster.zookeeper.members[0].port;
    const [agentLine, gatewayLine] = await Promise.all([zookeeper, zookeeper].map(lineTo));
    const members = [];
    for (const options of [{}, {}, { zookeeper: agentLine.address }]) {
        const port = await freePort();
        const line = await lineTo(port);
        members.push({ line, node: await cluster.addNode({ port, advertise: line.address, ...options }) });
    }
    await world.change({ kind: 'remove', node: 'redis-1' });
    const gateway = await cluster.addGateway({ zookeeper: gatewayLine.address });
    return { world, members, gateway, agentLine, gatewayLine, lineTo };
}
