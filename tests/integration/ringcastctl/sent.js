// What each gateway asks of the Redis servers: its SUBSCRIBE and UNSUBSCRIBE of rooms, as MONITOR of every node tells. The
// control channel of a node, which a new connection subscribes to, is no part of a change.

import assert from 'node:assert/strict';

import { Monitor } from '../handoff/monitor.js';

const asking = /^\+\S+ \[\d+ (\S+)\] "(subscribe|unsubscribe)" "room-/i;
const named = /\baddr=(\S+) .*\bname=ringcast:(\S+):[^:\s]+ /;

/** From `open` to `close`. */
export class Sent {
    /** One for each command: [{connection, command}]. */
    #commands = [];
    /** connection -> gateway id */
    #gateways = new Map();

    static async open(nodes) {
        const sent = new Sent();
        sent.monitors = await Promise.all(nodes.map((node) => Monitor.open(node, (line) => sent.#take(node, line))));
        await sent.#learnNames();
        return sent;
    }

    #take(node, line) {
        const [, address, command] = line.match(asking) ?? [];
        if (command) this.#commands.push({ connection: `${node.id} ${address}`, command: command.toLowerCase() });
    }

    /** A connection may be new at the end, or gone by then. */
    async #learnNames() {
        for (const { node } of this.monitors) {
            for (const line of (await node.command('CLIENT', 'LIST')).split('\n')) {
                const [, address, gateway] = line.match(named) ?? [];
                if (gateway) this.#gateways.set(`${node.id} ${address}`, gateway);
            }
        }
    }

    /** {gateway id: {subscribe, unsubscribe}} */
    async close() {
        await this.#learnNames();
        for (const monitor of this.monitors) {
            await monitor.caughtUp();
            monitor.close();
        }
        const counts = {};
        for (const { connection, command } of this.#commands) {
            const gateway = this.#gateways.get(connection);
            assert.ok(gateway, `${connection} is nobody's`);
            counts[gateway] ??= { subscribe: 0, unsubscribe: 0 };
            ++counts[gateway][command];
        }
        return counts;
    }
}
