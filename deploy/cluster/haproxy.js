// HAProxy in front of the gateways, from deploy/config/haproxy.cfg.in.

import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './child.js';
import { inTime, until } from './wait.js';

const template = join(dirname(fileURLToPath(import.meta.url)), '..', 'config', 'haproxy.cfg.in');

export class HAProxy {
    constructor({ folder, port, gateways, onDeath }) {
        this.port = port;
        this.socket = join(folder, 'haproxy.sock');
        const servers = gateways.map(({ id, port: client, adminPort }) =>
            `    server ${id} 127.0.0.1:${client} check port ${adminPort}`);
        const words = { SOCKET: this.socket, LISTEN: `127.0.0.1:${port}`, SERVERS: servers.join('\n') };
        const config = join(folder, 'haproxy.cfg');
        writeFileSync(config, readFileSync(template, 'utf8').replace(/@([A-Z]+)@/g, (_, word) => words[word]));

        // In sbin, which is not on everybody's path.
        const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
        this.child = new Child({ name: 'haproxy', folder, onDeath, env, command: 'haproxy', args: ['-db', '-f', config] });
    }

    /** Returns when it has seen every gateway ready. */
    start() {
        return this.child.start(async () => (await this.servers()).every(({ status }) => status === 'UP'));
    }

    get url() {
        return `ws://127.0.0.1:${this.port}/connection/websocket`;
    }

    /** A command on the admin socket, and its answer. */
    command(text) {
        const socket = connect(this.socket);
        let answer = '';
        const done = new Promise((resolve, reject) => {
            socket.on('connect', () => socket.write(`${text}\n`));
            socket.on('data', (bytes) => (answer += bytes));
            socket.on('error', reject);
            socket.on('close', () => resolve(answer));
        });
        return inTime(`haproxy to answer ${text}`, done).finally(() => socket.destroy());
    }

    /** The gateways as HAProxy sees them: [{id, status, connections}]. */
    async servers() {
        const [header, ...rows] = (await this.command('show stat')).trim().replace(/^# /, '').split('\n');
        const columns = header.split(',');
        return rows
            .map((row) => Object.fromEntries(row.split(',').map((value, i) => [columns[i], value])))
            .filter((row) => row.pxname === 'gateways' && row.svname !== 'BACKEND')
            .map((row) => ({ id: row.svname, status: row.status, connections: Number(row.scur) }));
    }

    /** Waits until it counts a gateway as up or down. */
    sees(id, status) {
        return until(`haproxy to see ${id} ${status}`, async () =>
            (await this.servers()).some((server) => server.id === id && server.status.startsWith(status)));
    }

    async stop() {
        await this.child.stop(5000);
    }
}
