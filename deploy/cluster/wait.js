// Waiting for conditions, never for durations.

import { setTimeout as pause } from 'node:timers/promises';

export { pause };

/**
 * Asks `condition` again and again until it answers something true, and returns that answer. A
 * condition that throws counts as not yet; its last error is part of the message when time is up.
 * `giveUp` may end the waiting early by throwing.
 */
export async function until(what, condition, { within = 10_000, every = 20, giveUp = () => {} } = {}) {
    const end = performance.now() + within;
    let last;
    for (;;) {
        try {
            const answer = await condition();
            if (answer) return answer;
            last = undefined;
        } catch (error) {
            last = error;
        }
        giveUp();
        if (performance.now() >= end) {
            const reason = last ? `: ${last.message}` : '';
            throw new Error(`waited ${within} ms in vain: ${what}${reason}`);
        }
        await pause(every);
    }
}

/** The promise, or an error that says what did not happen in time. */
export async function inTime(what, promise, within = 10_000) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`waited ${within} ms in vain: ${what}`)), within);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}
