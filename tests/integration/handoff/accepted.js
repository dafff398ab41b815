// Which publishes a Redis accepted, and when, by its own clock: all of them on one machine have the same.

import { Monitor } from './monitor.js';

/** The publish script publishes what it accepts; nobody else does on channels of clients. */
const publishing = /^\+(\d+\.\d+) \[\d+ lua\] "PUBLISH" "((?:[^"\\]|\\.)*)"/i;

/** At one node, from `open` to `close`. */
export class Accepted {
    /** Of each channel, in seconds since 1970: {first, last}. */
    #times = new Map();

    static async open(node) {
        const accepted = new Accepted();
        accepted.monitor = await Monitor.open(node, (line) => accepted.#take(line));
        return accepted;
    }

    #take(line) {
        const found = line.match(publishing);
        if (!found) return;
        const [, time, channel] = found;
        const times = this.#times.get(channel) ?? { first: Number(time) };
        times.last = Number(time);
        this.#times.set(channel, times);
    }

    /** The first and the last on these channels until now, and on how many of them there were any. */
    async on(channels, { running = true } = {}) {
        if (running) await this.monitor.caughtUp();
        const times = channels.map((channel) => this.#times.get(channel)).filter(Boolean);
        return {
            channels: times.length,
            first: Math.min(...times.map(({ first }) => first)),
            last: Math.max(...times.map(({ last }) => last)),
        };
    }

    close() {
        this.monitor.close();
    }
}
