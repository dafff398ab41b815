// Ports to listen on, on loopback and below the range from which the system takes the local ports of
// outgoing connections (32768 and up), so that no client can sit on a port before its server does.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** What keeps the ports handed out: nothing else would until their servers listen, or while those are away. */
const reservations = [];

/**
 * Reserves a port until this process ends: whoever draws ports takes the UDP port of that number first, also
 * tests/support/free_ports.cpp. Resolves to whether it could be had.
 */
function reserve(port) {
    return new Promise((resolve) => {
        const socket = createSocket('udp4');
        socket.once('error', () => socket.close(() => resolve(false)));
        socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
            socket.unref();
            reservations.push(socket);
            resolve(true);
        });
    });
}

/** Whether a server could listen there now. */
export function isFree(port, host = '127.0.0.1') {
    return new Promise((resolve) => {
        const server = createServer();
        server.once('error', () => resolve(false));
        server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
    });
}

/** A port that nobody uses; drawn at random, because several test programs draw at the same time. */
export async function freePort() {
    for (let attempt = 0; attempt < 1000; ++attempt) {
        const port = 12_000 + Math.floor(Math.random() * 20_000);
        if ((await reserve(port)) && (await isFree(port))) return port;
    }
    throw new Error('no free port between 12000 and 32000 on 127.0.0.1');
}
