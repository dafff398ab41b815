// One child process: known by its pid, with a log file, stopped whatever happens to its parent.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { inTime, until } from './wait.js';

/**
 * A child is started through setpriv, which asks the kernel to kill it should this process end in
 * any way; and in a process group of its own, so that Ctrl-C reaches this process alone, which then
 * stops its children in order.
 */
export class Child {
    #process;
    #expected = false;
    #frozen = false;

    /**
     * `folder` holds the log, NAME.log; `onDeath(child)` hears of an end that nobody asked for. With `onMessage(message)`
     * it is a program of Node that this process talks with: its `process.send` arrives there, `tell` answers.
     */
    constructor({ name, command, args, folder, env = {}, onDeath = () => {}, onMessage }) {
        Object.assign(this, { name, command, args, env, onDeath, onMessage });
        this.log = join(folder, `${name}.log`);
    }

    get pid() {
        return this.#process?.pid;
    }

    get running() {
        return Boolean(this.#process) && this.#process.exitCode === null && this.#process.signalCode === null;
    }

    /** Starts it, also again after it ended; waits until `ready` says so, when given. */
    async start(ready, within = 15_000) {
        if (this.running) throw new Error(`${this.name} runs already`);
        const log = openSync(this.log, 'a');
        this.#expected = this.#frozen = false;
        const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', this.command, ...this.args], {
            detached: true,
            stdio: ['ignore', log, log, ...(this.onMessage ? ['ipc'] : [])],
            env: { ...process.env, ...this.env },
        });
        closeSync(log);
        this.#process = child;
        if (this.onMessage) child.on('message', this.onMessage);
        this.ended = new Promise((resolve) => {
            child.once('error', (error) => resolve({ error }));
            child.once('exit', (code, signal) => resolve({ code, signal }));
        });
        this.ended.then((how) => {
            if (this.#process === child && !this.#expected) {
                this.death = how;
                this.onDeath(this);
            }
        });
        if (ready) {
            await until(`${this.name} to be ready (its log: ${this.log})`, ready, {
                within,
                giveUp: () => {
                    if (!this.running) throw new Error(`${this.name} ended before it was ready.\n${this.tail()}`);
                },
            });
        }
        return this;
    }

    /** Requires: it was made with `onMessage`. One that has ended, or ends now, does not hear it. */
    tell(message) {
        if (this.#process?.connected) this.#process.send(message, () => {});
    }

    /** Sends a signal from which no end is expected. */
    signal(name) {
        if (this.running) process.kill(this.pid, name);
    }

    freeze() {
        this.#frozen = true;
        this.signal('SIGSTOP');
    }

    thaw() {
        this.#frozen = false;
        this.signal('SIGCONT');
    }

    /** Somebody else asks it to end: that is no surprise. Resolves to how it ended. */
    expectEnd() {
        this.#expected = true;
        return this.ended;
    }

    /** kill -9: it has no say. */
    async kill9() {
        this.#expected = true;
        this.signal('SIGKILL');
        return this.ended;
    }

    /** TERM, and KILL for one that does not listen. Resolves to how it ended. */
    async stop(within = 10_000) {
        if (!this.#process) return undefined;
        this.#expected = true;
        this.signal('SIGTERM');
        if (this.#frozen) this.thaw();
        try {
            return await inTime(`${this.name} to end`, this.ended, within);
        } catch {
            this.signal('SIGKILL');
            return { ...(await this.ended), late: true };
        }
    }

    logText() {
        return existsSync(this.log) ? readFileSync(this.log, 'utf8') : '';
    }

    tail(lines = 15) {
        const all = this.logText().trimEnd().split('\n').slice(-lines);
        return all.map((line) => `  ${this.name}| ${line}`).join('\n');
    }

    /** What a sanitizer or an assertion had to say, or nothing. */
    fault() {
        const found = this.logText().match(
            /^.*(?:ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|Assertion .* failed|terminate called).*$/m,
        );
        return found?.[0];
    }
}
