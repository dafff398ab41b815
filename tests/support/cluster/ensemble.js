// An ensemble that was frozen as a whole, and is to work again.

import { until } from '../../../deploy/cluster/wait.js';
import { Znodes } from './znodes.js';

/** Whether writes are committed: a new session is one. */
async function commits({ port }) {
    const znodes = await Znodes.open(port);
    znodes.close();
    return true;
}

/**
 * Lets the ensemble go on, and returns when it works. Now and then ZooKeeper 3.8.0 comes back with a leader that its
 * followers follow and that commits nothing any more: no session can be opened, none ends. Then the leader is
 * killed and started again, as whoever runs it would; the trouble has only lasted longer. Resolves to whether it was.
 */
export async function thaw(zookeeper) {
    zookeeper.thaw();
    try {
        await until('the ensemble to commit', () => commits(zookeeper.members[0]), { within: 10_000, every: 100 });
        return false;
    } catch {
        const leader = await until('a leader of the ensemble', () => zookeeper.leader(), { every: 50 });
        await leader.child.kill9();
        await zookeeper.startAll();
        await until('the ensemble to commit', () => commits(zookeeper.members[0]), { within: 20_000, every: 100 });
        return true;
    }
}
