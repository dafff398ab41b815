// ringcastctl where what it asks does not answer: a ZooKeeper that is away for a while, gateways that hang, a reader that has
// gone.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';

import { Cluster } from '../../../deploy/cluster/cluster.js';
import { until } from '../../../deploy/cluster/wait.js';
import { scenario } from '../../support/cluster/scenario.js';
import { Znodes } from '../../support/cluster/znodes.js';
import { exits, program, run, running } from './program.js';

const sessionTimeout = 4000;

await scenario('ringcastctl while others do not answer', async ({ step, after }) => {
    const cluster = await Cluster.start({ nodes: 2, gateways: 1, sessionTimeout });
    after(() => cluster.stop());
    const ctl = (...words) => run([...cluster.place, ...words]);
    const start = (...words) => {
        const command = running([...cluster.place, ...words]);
        after(command.kill);
        return command;
    };
    const hour = (ahead) => `${String((new Date().getUTCHours() + ahead) % 24).padStart(2, '0')}:00`;
    const night = ['--window', `${hour(3)}-${hour(5)}`];
    const waiting = async () => (await cluster.ctl('requests')).requests;

    await step('a command that waits outlives a ZooKeeper that hangs, and one that starts again', async () => {
        const patient = start('weight', 'redis-1', '200', ...night);
        const [{ name }] = await until('it to wait', async () => {
            const requests = await waiting();
            return requests[0]?.state.includes(hour(3)) && requests;
        }, { every: 100 });
        const watch = start('watch');
        const noAnswers = () => watch.lines().filter((line) => line === 'ZooKeeper does not answer at the moment').length;
        const last = () => watch.lines().at(-1);
        await until('watch to tell of it', () => last()?.includes(hour(3)));

        // Frozen until nobody has a session any more.
        cluster.zookeeper.freeze();
        await until('watch to miss ZooKeeper', () => noAnswers() === 1, { within: 20_000 });
        await new Promise((resolve) => setTimeout(resolve, sessionTimeout));
        cluster.zookeeper.thaw();
        await until('watch to tell of the request again', () => last()?.includes(hour(3)), { within: 20_000 });

        const impatient = start('--timeout', '3', 'weight', 'redis-1', '200', ...night);
        await until('it to find the request', () => impatient.errors().includes(name));
        await cluster.zookeeper.kill9();
        const { code, errors } = await impatient.ended;
        assert.equal(code, exits.timedOut, errors);
        assert.match(errors, new RegExp(`not done in time, and ZooKeeper does not answer at the moment: request ${name} stays in the queue`));
        await until('watch to miss ZooKeeper again', () => noAnswers() === 2, { within: 20_000 });
        await cluster.zookeeper.startAll();
        await until('watch to tell of the request again', () => last()?.includes(hour(3)), { within: 30_000 });

        // Both commands wait still, and hear of what comes of it.
        assert.deepEqual((await waiting()).map((request) => request.name), [name]);
        assert.equal((await ctl('cancel', name)).code, exits.done);
        const ended = await patient.ended;
        assert.equal(ended.code, exits.refused, ended.errors);
        assert.match(ended.errors, new RegExp(`request ${name} was taken back before it began`));
        assert.equal((await watch.ended).code, exits.done);
        assert.equal(last(), 'nothing to do');
    });

    await step('a ZooKeeper that goes while somebody waits for the lock is not taken for another operator', async () => {
        const locks = `/ringcast/${cluster.name}/lock`;
        const place = `${locks}/l-other.1-0000000000`;
        const [{ port }] = cluster.zookeeper.members;
        const before = await Znodes.open(port);
        await before.create(place, JSON.stringify({ by: 'eve@elsewhere', what: 'x', at: 0 }));
        const asking = start('--timeout', '3', 'weight', 'redis-2', '200');
        await until('it to stand in line', async () => (await before.children(locks)).length === 2);
        before.close();
        cluster.zookeeper.freeze();
        const { code, errors } = await asking.ended;
        cluster.zookeeper.thaw();
        assert.equal(code, exits.timedOut, errors);
        assert.equal(errors, 'ringcastctl: ZooKeeper does not answer in time: nothing was asked for, nothing has changed\n');

        const znodes = await Znodes.open(port);
        await znodes.remove(place);
        znodes.close();
        await until('its place in line to go with its session', async () => (await ctl('weight', 'redis-2', '100')).code === exits.done,
            { within: 20_000 });
    });

    await step('what ZooKeeper has is told though the leading gateway hangs', async () => {
        const [gateway] = cluster.gateways;
        await until('it to lead', async () => (await cluster.status()).coordinator === gateway.id, { every: 100 });
        gateway.child.freeze();
        // Before its session ends, and it leads no longer.
        const [status, requests, plan] = await Promise.all([
            ctl('--timeout', '2', '-o', 'json', 'status'), ctl('--timeout', '2', 'requests'),
            ctl('--timeout', '2', 'plan', 'weight', 'redis-1', '200'),
        ]);
        gateway.child.thaw();
        assert.equal(status.code, exits.done, status.stderr);
        assert.deepEqual(JSON.parse(status.stdout).members.map(({ id }) => id), ['redis-1', 'redis-2']);
        assert.equal(JSON.parse(status.stdout).coordinator, gateway.id);
        assert.equal(requests.code, exits.done, requests.stderr);
        assert.equal(plan.code, exits.incomplete, plan.stderr);
        assert.match(plan.stderr, /gw-1 does not answer/);
    });

    await step('an answer that nobody gets is not said to be given', async () => {
        const shell = (line) => new Promise((resolve) => {
            execFile('bash', ['-c', `set -o pipefail; "${program}" ${cluster.place.join(' ')} ${line}`], { timeout: 20_000 },
                (error, stdout, stderr) => resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr }));
        });
        for (const words of ['-o json history', 'status', '--help']) {
            const lost = await shell(`${words} > /dev/full`);
            assert.equal(lost.code, exits.incomplete, `${words}: ${lost.stderr}`);
            assert.match(lost.stderr, /^ringcastctl: the output could not be written: No space left on device$/m);
        }

        // Nothing changes any more, so nothing is written that could fail.
        assert.equal((await ctl('pause')).code, exits.done);
        const { request } = await cluster.ctl('weight', 'redis-1', '200', '--detach');
        for (const output of ['table', 'json']) {
            const watched = await shell(`-o ${output} watch | head -1`);
            assert.match(watched.stdout, /^.*weight of redis-1 to 200.*\n$/);
            assert.equal(watched.code, exits.incomplete, watched.stderr);
            assert.match(watched.stderr, /^ringcastctl: nobody reads the output any more$/m);
        }
        assert.equal((await ctl('cancel', request)).code, exits.done);
        assert.equal((await ctl('resume')).code, exits.done);
    });
});
