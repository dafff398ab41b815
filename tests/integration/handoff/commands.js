// What is asked of a Redis: which channels SUBSCRIBE and UNSUBSCRIBE name, one by one.

import { Monitor } from './monitor.js';

const subscribing = /"(subscribe|unsubscribe)"(.*)$/i;

/** One node's, from `open` to `close`. */
export class Commands {
    #counts = { subscribe: new Map(), unsubscribe: new Map() };

    static async open(node) {
        const commands = new Commands();
        commands.node = node;
        commands.monitor = await Monitor.open(node, (line) => commands.#take(line));
        return commands;
    }

    #take(line) {
        const found = line.match(subscribing);
        if (!found) return;
        const counts = this.#counts[found[1].toLowerCase()];
        for (const [, channel] of found[2].matchAll(/"((?:[^"\\]|\\.)*)"/g)) counts.set(channel, (counts.get(channel) ?? 0) + 1);
    }

    /** Since the last call: how often each channel with one of these prefixes was named in each, as {subscribe, unsubscribe} of Maps. */
    async since(prefixes) {
        await this.monitor.caughtUp();
        const counts = this.#counts;
        this.#counts = { subscribe: new Map(), unsubscribe: new Map() };
        const only = (map) => new Map([...map].filter(([channel]) => prefixes.some((prefix) => channel.startsWith(prefix))));
        return { subscribe: only(counts.subscribe), unsubscribe: only(counts.unsubscribe) };
    }

    close() {
        this.monitor.close();
    }
}

/** How often SUBSCRIBE and UNSUBSCRIBE were called at a node since its start, whatever they named. */
export async function subscribeCalls(node) {
    const text = await node.command('INFO', 'commandstats');
    const calls = (name) => Number(text.match(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm'))?.[1] ?? 0);
    return { subscribe: calls('subscribe'), unsubscribe: calls('unsubscribe') };
}
