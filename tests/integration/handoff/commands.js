// What is asked of a Redis: which channels SUBSCRIBE and UNSUBSCRIBE name, one by one, and on which a publish was refused.

import { Monitor } from './monitor.js';

const subscribing = /"(subscribe|unsubscribe)"(.*)$/i;
/** A call of the publish script: behind the number of a view come a channel and what is published on it, and so on. */
const publishing = /^\+\S+ \[\d+ (?!lua)\S+\] "evalsha" "\w+" "2" "\\xffringcast:fence" "\\xffringcast:lease" "\d+"(.*)$/i;
/** What the script does with all of them, unless it refuses. */
const accepting = /^\+\S+ \[\d+ lua\] "publish" "((?:[^"\\]|\\.)*)"/i;
const words = /"((?:[^"\\]|\\.)*)"/g;

function add(counts, name) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** One node's, from `open` to `close`. */
export class Commands {
    #counts = Commands.#none();

    static #none() {
        return { subscribe: new Map(), unsubscribe: new Map(), called: new Map(), accepted: new Map() };
    }

    static async open(node) {
        const commands = new Commands();
        commands.node = node;
        commands.monitor = await Monitor.open(node, (line) => commands.#take(line));
        return commands;
    }

    #take(line) {
        const counts = this.#counts;
        const accepted = line.match(accepting);
        if (accepted) return add(counts.accepted, accepted[1]);
        const called = line.match(publishing);
        if (called) {
            let at = 0;
            for (const [, channel] of called[1].matchAll(words)) if (at++ % 2 === 0) add(counts.called, channel);
            return;
        }
        const found = line.match(subscribing);
        if (!found) return;
        for (const [, channel] of found[2].matchAll(words)) add(counts[found[1].toLowerCase()], channel);
    }

    /**
     * Since the last call, of channels with one of these prefixes: how often each was named in each command, and how many
     * publishes on it were accepted and refused, as {subscribe, unsubscribe, accepted, refused} of Maps.
     */
    async since(prefixes) {
        let counts;
        await this.monitor.caughtUp(() => {
            counts = this.#counts;
            this.#counts = Commands.#none();
        });
        const only = (map) => new Map([...map].filter(([channel]) => prefixes.some((prefix) => channel.startsWith(prefix))));
        const [subscribe, unsubscribe, called, accepted] = ['subscribe', 'unsubscribe', 'called', 'accepted'].map((name) => only(counts[name]));
        // What is accepted without having been asked for would be a mistake of this reader: it shows as less than none.
        const refused = [...new Set([...called.keys(), ...accepted.keys()])]
            .map((channel) => [channel, (called.get(channel) ?? 0) - (accepted.get(channel) ?? 0)])
            .filter(([, count]) => count !== 0);
        return { subscribe, unsubscribe, accepted, refused: new Map(refused) };
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
