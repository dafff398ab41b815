// Reads and writes znodes: just enough of ZooKeeper's wire protocol to see what a handoff has come to, to
// ask for one, and to put rubbish where it does not belong.

import { connect } from 'node:net';

import { inTime } from '../../../deploy/cluster/wait.js';

const int = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
};
const buffer = (content) => {
    const bytes = Buffer.from(content);
    return Buffer.concat([int(bytes.length), bytes]);
};
const everybody = Buffer.concat([int(1), int(31), buffer('world'), buffer('anyone')]);

const opcodes = { create: 1, remove: 2, get: 4, set: 5, children: 8, ping: 11 };
const pingXid = -2;
const noNode = -101;

export class Znodes {
    #xid = 0;
    #received = Buffer.alloc(0);
    #wanted = [];
    #broken;

    static async open(port) {
        const znodes = new Znodes();
        znodes.socket = connect(port, '127.0.0.1');
        znodes.socket.on('data', (bytes) => znodes.#take(bytes));
        znodes.socket.on('error', (error) => znodes.#fail(error));
        znodes.socket.on('close', () => znodes.#fail(new Error('the connection to ZooKeeper is closed')));
        const hello = znodes.#answer();
        // Protocol version, last zxid seen, timeout, session id, password.
        znodes.#write(Buffer.concat([int(0), Buffer.alloc(8), int(10_000), Buffer.alloc(8), buffer(Buffer.alloc(16))]));
        await hello.catch((error) => {
            znodes.close();
            throw error;
        });
        znodes.pings = setInterval(() => znodes.#write(Buffer.concat([int(pingXid), int(opcodes.ping)])), 300);
        return znodes;
    }

    #write(body) {
        this.socket.write(buffer(body));
    }

    #take(bytes) {
        this.#received = Buffer.concat([this.#received, bytes]);
        while (this.#received.length >= 4) {
            const end = 4 + this.#received.readInt32BE(0);
            if (this.#received.length < end) return;
            const answer = this.#received.subarray(4, end);
            this.#received = this.#received.subarray(end);
            if (answer.readInt32BE(0) !== pingXid) this.#wanted.shift()?.resolve(answer);
        }
    }

    /** Nobody will answer what was asked, nor what is asked from now on. */
    #fail(error) {
        this.#broken ??= error;
        clearInterval(this.pings);
        for (const { reject } of this.#wanted.splice(0)) reject(this.#broken);
    }

    /** Whether nobody answers on this connection any more. */
    get broken() {
        return this.#broken !== undefined;
    }

    #answer() {
        const answer = new Promise((resolve, reject) => {
            if (this.#broken) reject(this.#broken);
            else this.#wanted.push({ resolve, reject });
        });
        return inTime('an answer of ZooKeeper', answer, 5000);
    }

    async #ask(what, path, ...rest) {
        const answer = this.#answer();
        this.#write(Buffer.concat([int(++this.#xid), int(opcodes[what]), buffer(path), ...rest]));
        const bytes = await answer;
        const error = bytes.readInt32BE(12);
        if (error !== 0) throw Object.assign(new Error(`${what} ${path}: ${error}`), { code: error });
        return bytes.subarray(16);
    }

    /** Persistent; resolves to its path, to which with `sequential` the server has added ten digits. */
    async create(path, data, { sequential = false } = {}) {
        const body = await this.#ask('create', path, buffer(data), everybody, int(sequential ? 2 : 0));
        return body.toString('utf8', 4, 4 + body.readInt32BE(0));
    }

    remove(path) {
        return this.#ask('remove', path, int(-1));
    }

    async get(path) {
        return (await this.read(path)).data;
    }

    /** {data, created (Unix milliseconds), version} */
    async read(path) {
        const body = await this.#ask('get', path, Buffer.from([0]));
        const end = 4 + body.readInt32BE(0);
        // The znode's statistics follow: four numbers of eight bytes, the third when it was created; then the version.
        const created = Number(body.readBigInt64BE(end + 16));
        return { data: Buffer.from(body.subarray(4, end)), created, version: body.readInt32BE(end + 32) };
    }

    /** Whatever its version. */
    set(path, data) {
        return this.#ask('set', path, buffer(data), int(-1));
    }

    /** Their names; none when there is no such znode. */
    async children(path) {
        const body = await this.#ask('children', path, Buffer.from([0])).catch((error) => {
            if (error.code === noNode) return int(0);
            throw error;
        });
        const names = [];
        for (let i = 0, at = 4; i < body.readInt32BE(0); ++i) {
            const length = body.readInt32BE(at);
            names.push(body.toString('utf8', at + 4, at + 4 + length));
            at += 4 + length;
        }
        return names;
    }

    close() {
        clearInterval(this.pings);
        this.socket.destroy();
    }
}
