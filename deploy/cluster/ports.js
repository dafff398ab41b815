// Ports to listen on, on loopback and below the range from which the system takes the local ports of
// outgoing connections (32768 and up), so that no client can sit on a port before its server does.

import { createServer } from 'node:net';

const handedOut = new Set();

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
        if (handedOut.has(port)) continue;
        if (await isFree(port)) {
            handedOut.add(port);
            return port;
        }
    }
    throw new Error('no free port between 12000 and 32000 on 127.0.0.1');
}
