// What the tests with the JavaScript SDK share.

import { createHmac } from 'node:crypto';

import { WebSocket, sdkClient } from '../../../deploy/cluster/client.js';
import { inTime, until } from '../../../deploy/cluster/wait.js';

export { Cluster } from '../../../deploy/cluster/cluster.js';
export { connected, sdkClient, subscribed, WebSocket } from '../../../deploy/cluster/client.js';
export { inTime, until } from '../../../deploy/cluster/wait.js';

/** A name that no other test uses. */
let names = 0;
export const fresh = (prefix = 'room') => `${prefix}-${process.pid}-${++names}`;

/** The next event of that name of an SDK client or subscription. */
export function event(emitter, name, within = 10_000) {
    return inTime(`the event ${name}`, new Promise((resolve) => emitter.once(name, resolve)), within);
}

/** SDK clients that a test need not disconnect itself: `after` the test they are. */
export function clientsOf(t) {
    return (url, options) => {
        const client = sdkClient(url, options);
        t.after(() => client.disconnect());
        return client;
    };
}

/** A WebSocket that speaks the protocol by hand: what the SDK would never send, and what it hides. */
export class RawClient {
    messages = [];
    frames = 0;
    #ids = 0;

    /** Rejects with an error that carries the HTTP `status` when the handshake is refused. */
    static async open(url, { protocols = [], ...options } = {}) {
        const raw = new RawClient();
        raw.socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
        raw.closed = new Promise((resolve) => {
            raw.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
        });
        raw.socket.on('message', (data, binary) => {
            ++raw.frames;
            if (binary) throw new Error('a binary frame');
            for (const line of data.toString().split('\n')) raw.messages.push(JSON.parse(line));
        });
        await inTime('a handshake', new Promise((resolve, reject) => {
            raw.socket.on('open', resolve);
            raw.socket.on('error', reject);
            raw.socket.on('unexpected-response', (request, response) => {
                reject(Object.assign(new Error(`HTTP ${response.statusCode}`), {
                    status: response.statusCode, headers: response.headers,
                }));
                request.destroy();
            });
        }));
        return raw;
    }

    send(...commands) {
        this.socket.send(commands.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n'));
    }

    /** Sends one command and waits for its reply. */
    async ask(method, body = {}) {
        const id = ++this.#ids;
        this.send({ id, [method]: body });
        return this.reply(id);
    }

    reply(id) {
        return until(`a reply to ${id}`, () => this.messages.find((message) => message.id === id), { every: 5 });
    }

    connect(body = {}) {
        return this.ask('connect', body);
    }

    pushes(channel) {
        return this.messages.filter(({ push }) => push?.channel === channel).map(({ push }) => push);
    }

    close() {
        this.socket.terminate();
    }
}

/** The raw client of a test, closed after it. */
export async function rawOf(t, url, options) {
    const raw = await RawClient.open(url, options);
    t.after(() => raw.close());
    return raw;
}

/** A token as an application server makes it: HS256. */
export function token(claims, secret = 'secret', header = { alg: 'HS256', typ: 'JWT' }) {
    const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
    const body = `${part(header)}.${part(claims)}`;
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

export const inSeconds = (seconds) => Math.floor(Date.now() / 1000) + seconds;
