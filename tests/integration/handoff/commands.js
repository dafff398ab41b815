// What is asked of a Redis: which channels SUBSCRIBE and UNSUBSCRIBE name, one by one, as MONITOR tells.

import { connect } from 'node:net';

import { until } from '../../../deploy/cluster/wait.js';

const subscribing = /"(subscribe|unsubscribe)"(.*)$/i;

/** One node's, from `open` to `close`. */
export class Commands {
    #rest = '';
    #marks = new Set();
    #counts = { subscribe: new Map(), unsubscribe: new Map() };

    static async open(node) {
        const commands = new Commands();
        commands.node = node;
        commands.socket = connect(node.port, '127.0.0.1');
        commands.socket.setEncoding('latin1');
        commands.socket.on('data', (text) => commands.#take(text));
        commands.socket.on('error', () => {});
        commands.socket.write('MONITOR\r\n');
        await commands.#caughtUp();
        return commands;
    }

    #take(text) {
        const lines = (this.#rest + text).split('\r\n');
        this.#rest = lines.pop();
        for (const line of lines) {
            const mark = line.match(/"ECHO" "(mark-[^"]*)"$/);
            if (mark) this.#marks.add(mark[1]);
            const found = line.match(subscribing);
            if (!found) continue;
            const counts = this.#counts[found[1].toLowerCase()];
            for (const [, channel] of found[2].matchAll(/"((?:[^"\\]|\\.)*)"/g)) counts.set(channel, (counts.get(channel) ?? 0) + 1);
        }
    }

    /** Waits until it has told what happened before this call. */
    async #caughtUp() {
        const mark = `mark-${process.pid}-${Math.random()}`;
        await until('MONITOR to catch up', async () => {
            if (this.#marks.has(mark)) return true;
            await this.node.command('ECHO', mark);
            return false;
        }, { every: 5 });
        this.#marks.clear();
    }

    /** Since the last call: how often each channel with one of these prefixes was named in each, as {subscribe, unsubscribe} of Maps. */
    async since(prefixes) {
        await this.#caughtUp();
        const counts = this.#counts;
        this.#counts = { subscribe: new Map(), unsubscribe: new Map() };
        const only = (map) => new Map([...map].filter(([channel]) => prefixes.some((prefix) => channel.startsWith(prefix))));
        return { subscribe: only(counts.subscribe), unsubscribe: only(counts.unsubscribe) };
    }

    close() {
        this.socket.destroy();
    }
}

/** How often SUBSCRIBE and UNSUBSCRIBE were called at a node since its start, whatever they named. */
export async function subscribeCalls(node) {
    const text = await node.command('INFO', 'commandstats');
    const calls = (name) => Number(text.match(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm'))?.[1] ?? 0);
    return { subscribe: calls('subscribe'), unsubscribe: calls('unsubscribe') };
}
