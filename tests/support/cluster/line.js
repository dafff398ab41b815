// A network between two processes, where there is none on one machine: it can be cut.

import { createServer, connect } from 'node:net';

import { freePort } from '../../../deploy/cluster/ports.js';

/**
 * A port that leads to another one on this machine. While it is cut nothing passes and nobody is told, as when packets are
 * dropped: what is connected stays so, what connects now hears nothing. `mend` lets what was on the way arrive.
 */
export class Line {
    #server;
    #connections = new Set();
    /** Whether a connection is cut, by what it said first. */
    #cuts = () => false;

    static async to(target) {
        const line = new Line();
        line.port = await freePort();
        line.#server = createServer((near) => line.#join(near, target));
        await new Promise((resolve, reject) => {
            line.#server.once('error', reject);
            line.#server.listen(line.port, '127.0.0.1', resolve);
        });
        return line;
    }

    get address() {
        return `127.0.0.1:${this.port}`;
    }

    #join(near, target) {
        const far = connect(target, '127.0.0.1');
        const connection = { ends: [near, far], greeting: '', cut: false };
        this.#connections.add(connection);
        for (const end of connection.ends) {
            end.setNoDelay(true);
            end.on('error', () => {});  // 'close' follows
            end.on('close', () => this.#closed(connection));
        }
        near.on('data', (bytes) => {
            if (!connection.greeting) {
                connection.greeting = bytes.toString('latin1');
                if (this.#cuts(connection.greeting)) {
                    this.#hold(connection);
                    near.unshift(bytes);
                    return;
                }
            }
            far.write(bytes);
        });
        far.on('data', (bytes) => near.write(bytes));
    }

    #hold(connection) {
        connection.cut = true;
        for (const end of connection.ends) end.pause();
    }

    /** The other end hears of it, unless the line is cut: then it does when that is over. */
    #closed(connection) {
        if (connection.cut) return;
        this.#connections.delete(connection);
        for (const end of connection.ends) end.destroySoon();
    }

    /** `which(greeting)`: the connections that are cut, by the first bytes that came from the near end; all of them by default. */
    cut(which = () => true) {
        this.#cuts = which;
        for (const connection of this.#connections) if (which(connection.greeting)) this.#hold(connection);
    }

    /** Whether it keeps back a connection whose greeting `which` tells. */
    holds(which) {
        return [...this.#connections].some(({ cut, greeting }) => cut && which(greeting));
    }

    mend() {
        this.#cuts = () => false;
        for (const connection of this.#connections) {
            connection.cut = false;
            if (connection.ends.some((end) => end.destroyed)) this.#closed(connection);
            else for (const end of connection.ends) end.resume();
        }
    }

    close() {
        this.#server.close();
        for (const { ends } of this.#connections) for (const end of ends) end.destroy();
    }
}
