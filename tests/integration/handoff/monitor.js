// What a Redis is asked, as MONITOR tells, line by line.

import { connect } from 'node:net';

import { until } from '../../../deploy/cluster/wait.js';

/** One node's, from `open` to `close`. */
export class Monitor {
    #rest = '';
    #marks = new Set();

    /** `onLine(line)` */
    static async open(node, onLine) {
        const monitor = new Monitor();
        Object.assign(monitor, { node, onLine });
        monitor.socket = connect(node.port, '127.0.0.1');
        monitor.socket.setEncoding('latin1');
        monitor.socket.on('data', (text) => monitor.#take(text));
        monitor.socket.on('error', () => {});
        monitor.socket.write('MONITOR\r\n');
        await monitor.caughtUp();
        return monitor;
    }

    #take(text) {
        const lines = (this.#rest + text).split('\r\n');
        this.#rest = lines.pop();
        for (const line of lines) {
            const mark = line.match(/"ECHO" "(mark-[^"]*)"$/);
            if (mark) this.#marks.add(mark[1]);
            else this.onLine(line);
        }
    }

    /** Waits until it has told what happened before this call. */
    async caughtUp() {
        const mark = `mark-${process.pid}-${Math.random()}`;
        await until('MONITOR to catch up', async () => {
            if (this.#marks.has(mark)) return true;
            await this.node.command('ECHO', mark);
            return false;
        }, { every: 5 });
        this.#marks.clear();
    }

    close() {
        this.socket.destroy();
    }
}
