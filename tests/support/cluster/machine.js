// How fast things can be here: a bound on time says nothing about the system while others use the machine, or
// while a sanitizer slows it down.

import { readFileSync, readdirSync } from 'node:fs';

/** How many times slower than deployed the programs under test are: the presets of the sanitizers say so. */
export const slowdown = Number(process.env.RINGCAST_SLOWDOWN ?? 1);

/**
 * CPU time of the machine since its start, in clock ticks: what ran, and what could have. Programs of low priority
 * do not count as use: they give way.
 */
function machineTicks() {
    const [user, nice, system, idle, iowait, irq, softirq, steal] =
        readFileSync('/proc/stat', 'utf8').match(/^cpu +(.*)$/m)[1].split(' ').map(Number);
    return { used: user + system + irq + softirq + steal, all: user + nice + system + idle + iowait + irq + softirq + steal };
}

/** CPU time of this process and of everything below it; of what has ended, as far as its parent has reaped it. */
function ownTicks() {
    const parents = new Map();
    const times = new Map();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)) {
        try {
            // After the command's name in parentheses: state, parent, ... utime, stime, cutime, cstime at 11 to 14.
            const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').map(Number);
            parents.set(pid, fields[1]);
            times.set(pid, fields[11] + fields[12] + fields[13] + fields[14]);
        } catch {
            // ended meanwhile
        }
    }
    let sum = 0;
    for (const [pid, time] of times) {
        let at = pid;
        while (at !== undefined && at !== process.pid) at = parents.get(at);
        if (at !== undefined) sum += time;
    }
    return sum;
}

/** Looks every ten milliseconds from now on; the returned function ends that and tells how late it came, at most. */
export function longestStall() {
    let longest = 0;
    let due = performance.now() + 10;
    const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - due);
        due = performance.now() + 10;
    }, 10);
    return () => {
        clearInterval(timer);
        return longest;
    };
}

/** From now on; the returned function tells the share of the machine's CPU, 0 to 1, that others have used since. */
export function usedByOthers() {
    const machine = machineTicks();
    const own = ownTicks();
    return () => {
        const now = machineTicks();
        const others = now.used - machine.used - (ownTicks() - own);
        return Math.min(1, Math.max(0, others / Math.max(1, now.all - machine.all)));
    };
}

/** From now on; the returned function tells the share of a core that this process has used since it was called last. */
export function loadOfThisProcess() {
    let cpu = process.cpuUsage();
    let at = performance.now();
    return () => {
        const { user, system } = process.cpuUsage(cpu);
        const share = (user + system) / 1000 / (performance.now() - at);
        cpu = process.cpuUsage();
        at = performance.now();
        return share;
    };
}
