// What a Redis is asked, as MONITOR tells, line by line.

import { connect } from 'node:net';

import { until } from '../../../deploy/cluster/wait.js';

/** One node's, from `open` to `close`. */
export class Monitor {
    #rest = '';
    /** mark -> what is to be done when it is told */
    #marks = new Map();

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
            if (mark) this.#told(mark[1]);
            else this.onLine(line);
        }
    }

    #told(mark) {
        this.#marks.get(mark)?.();
        this.#marks.delete(mark);
    }

    /** Waits until it has told what happened before this call, and calls `then` between two commands, whose lines it does not part. */
    async caughtUp(then = () => {}) {
        const mark = `mark-${process.pid}-${Math.random()}`;
        let told = false;
        this.#marks.set(mark, () => {
            told = true;
            then();
        });
        await until('MONITOR to catch up', async () => {
            if (told) return true;
            await this.node.command('ECHO', mark);
            return false;
        }, { every: 5 });
    }

    close() {
        this.socket.destroy();
    }
}
