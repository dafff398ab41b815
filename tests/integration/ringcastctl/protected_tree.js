// A cluster whose znodes have a password: who knows it, and who does not.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../../../deploy/cluster/ports.js';
import { exits, run } from './program.js';

/** It stands beside the cluster that runs, in its ZooKeeper. */
export async function protectedTree({ step, after, cluster }) {
    await step('a protected tree opens with --digest-file only', async () => {
        const digest = join(cluster.folder, 'digest');
        writeFileSync(digest, 'operator:secret\n');
        const elsewhere = ['--zookeeper', cluster.zookeeper.hosts, '--cluster', 'protected'];
        // Whoever writes first with a password keeps the others out.
        const config = join(cluster.folder, 'protected.yaml');
        writeFileSync(config, JSON.stringify({ zookeeper: { digest_file: digest } }));
        const first = cluster.child('gw-protected', 'ringcast-gateway', [
            ...['--config', config, '--id', 'gw-protected', ...elsewhere, '--insecure', '--api-key', 'x'],
            ...['--listen', `127.0.0.1:${await freePort()}`, '--admin-listen', `127.0.0.1:${await freePort()}`],
        ]);
        after(() => first.stop());
        await first.start(async () => (await run([...elsewhere, '--digest-file', digest, 'status'])).code === exits.done);
        assert.equal((await run([...elsewhere, '--digest-file', digest, 'pause'])).code, exits.done);
        const open = await run([...elsewhere, '--digest-file', digest, 'config', 'get', 'paused']);
        assert.equal(open.code, exits.done, open.stderr);
        assert.equal(open.stdout, 'true\n');
        const closed = await run([...elsewhere, 'status']);
        assert.equal(closed.code, exits.notReachable, closed.stdout);
        assert.match(closed.stderr, /--digest-file/);
        const change = await run([...elsewhere, 'add', 'redis-9']);
        assert.equal(change.code, exits.notReachable, change.stdout);
        assert.match(change.stderr, /--digest-file: nothing was asked for, nothing has changed$/m);
        const wrong = await run([...elsewhere, '--digest-file', join(cluster.folder, 'nothing'), 'status']);
        assert.equal(wrong.code, exits.wrongUse);
    });
}
