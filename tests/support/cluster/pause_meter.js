// How long publishes wait for their answers, measured by a process that does nothing else.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from '../../../deploy/cluster/child.js';
import { inTime } from '../../../deploy/cluster/wait.js';

const program = join(fileURLToPath(new URL('.', import.meta.url)), 'pause_meter_program.js');

/**
 * A publisher on every gateway, each on all of the channels, and one subscriber for each channel, on the gateways in
 * turn. They live in a process of their own: one that also keeps histories, reads MONITOR and asks for changes would
 * measure how long its own work keeps an answer waiting.
 *
 *     const meter = await PauseMeter.start({ folder, gateways, channels, apart: 250 });
 *     await meter.take();                   // from here on
 *     const { waits, lag } = await meter.take();
 *     const { refused } = await meter.finish();
 *     await meter.close();                  // at any time, whatever happened
 */
export class PauseMeter {
    #asked = [];
    #ready = false;

    /** Publishes when it returns, on each channel from each gateway every `apart` milliseconds. Its log goes to `folder`. */
    static async start({ folder, gateways, channels, apart }) {
        const meter = new PauseMeter();
        const plan = { gateways: gateways.map(({ id, url }) => ({ id, url })), channels, apart };
        meter.child = new Child({
            name: 'pause-meter', folder, command: process.execPath, args: [program, JSON.stringify(plan)],
            onMessage: (message) => meter.#take(message),
        });
        try {
            await meter.child.start(() => meter.#ready, 30_000);
        } catch (error) {
            await meter.close();
            throw error;
        }
        return meter;
    }

    #take(message) {
        if (message.ready) this.#ready = true;
        else this.#asked.shift()?.(message);
    }

    async #ask(what, within) {
        const answer = new Promise((resolve) => this.#asked.push(resolve));
        this.child.tell(what);
        const ended = this.child.ended.then((how) => ({ error: `it ended: ${JSON.stringify(how)}\n${this.child.tail()}` }));
        const found = await inTime(`the pause meter to ${what}`, Promise.race([answer, ended]), within);
        if (found.error) throw new Error(`the pause meter: ${found.error}`);
        return found;
    }

    /**
     * What was seen since the last call, after every channel has been answered on at least once from each gateway:
     *   waits     channel -> the longest wait for an answer, of whichever publisher, in milliseconds; what is not
     *             answered yet counts with its age now, and with its whole wait the next time
     *   lag       how late the meter's own loop came at most, in milliseconds: so much of a wait may be its own
     *   load      the share of a core that it took
     *   faults    sentences: what was lost, repeated, reordered, refused, disconnected, or told of a gap; the first ten
     */
    async take() {
        const { waits, ...rest } = await this.#ask('take', 20_000);
        return { waits: new Map(waits), ...rest };
    }

    /** Publishes no more, waits for what is under way: {published, received, refused, faults}, of all its time. */
    finish() {
        return this.#ask('finish', 50_000);
    }

    close() {
        return this.child.stop();
    }
}
