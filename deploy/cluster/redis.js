// A redis-server, and just enough of a client to ask it things.

import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { Child } from './child.js';
import { inTime } from './wait.js';

/** One value of the Redis protocol at `at`: [value, where it ends], or nothing if it is not all there. */
function parse(bytes, at) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const line = bytes.toString('utf8', at + 1, end);
    const next = end + 2;
    switch (String.fromCharCode(bytes[at])) {
        case '+': return [line, next];
        case '-': return [new Error(line), next];
        case ':': return [Number(line), next];
        case '$': {
            const length = Number(line);
            if (length < 0) return [null, next];
            if (bytes.length < next + length + 2) return undefined;
            return [bytes.toString('utf8', next, next + length), next + length + 2];
        }
        case '*': {
            const items = [];
            let position = next;
            for (let i = 0; i < Number(line); ++i) {
                const item = parse(bytes, position);
                if (!item) return undefined;
                items.push(item[0]);
                position = item[1];
            }
            return [items, position];
        }
        default: throw new Error('not the Redis protocol');
    }
}

function encode(words) {
    return `*${words.length}\r\n` + words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('');
}

/** Sends one command over a connection of its own and returns the reply. */
export function redisCommand(port, words, within = 10_000) {
    const socket = connect(port, '127.0.0.1');
    const reply = new Promise((resolve, reject) => {
        const received = [];
        socket.on('connect', () => socket.write(encode(words)));
        socket.on('error', reject);
        socket.on('close', () => reject(new Error('closed without a reply')));
        socket.on('data', (bytes) => {
            received.push(bytes);
            try {
                const value = parse(Buffer.concat(received), 0);
                if (!value) return;
                if (value[0] instanceof Error) reject(value[0]);
                else resolve(value[0]);
            } catch (error) {
                reject(error);
            }
        });
    });
    return inTime(`redis on port ${port} to answer ${words[0]}`, reply, within).finally(() => socket.destroy());
}

/** The channels with a subscriber whose names begin with `prefix`. */
export function subscribedChannels(port, prefix = '') {
    return redisCommand(port, ['PUBSUB', 'CHANNELS', `${prefix}*`]);
}

export function redisServer({ name, folder, port, onDeath }) {
    const home = join(folder, name);
    mkdirSync(home, { recursive: true });
    return new Child({
        name,
        folder,
        onDeath,
        command: 'redis-server',
        args: [
            '--port', `${port}`, '--bind', '127.0.0.1', '--dir', home, '--save', '', '--appendonly', 'no',
            '--daemonize', 'no',
        ],
    });
}
