// What the shells complete, by the script that `ringcastctl completion` prints, on a cluster that runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { executables } from '../../../deploy/cluster/cluster.js';
import { until } from '../../../deploy/cluster/wait.js';

const program = join(executables, 'ringcastctl');

/** Requires: members redis-1 to redis-4, gateways gw-1 and gw-2. */
export async function completion({ step, cluster }) {
    await step('completion knows the names in the cluster', async () => {
        const complete = (line) => new Promise((resolve, reject) => {
            const words = line.split(' ');
            const script = `source <("${program}" completion bash)
                PATH="${executables}:$PATH" COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
                _ringcastctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
            execFile('bash', ['-c', script, 'bash', ...words], (error, stdout) => {
                if (error) reject(error);
                else resolve(stdout.trim().split('\n').sort());
            });
        });
        const place = cluster.place.join(' ');
        assert.deepEqual(await complete('ringcastctl re'), ['remove', 'requests', 'resume']);
        assert.deepEqual(await complete('ringcastctl plan '), ['add', 'pin', 'remove', 'unpin', 'weight']);
        // The names come within a second or not at all; a busy machine may need another tab.
        const completes = (line, expected) => until(`'${line}' to be completed`, async () => {
            assert.deepEqual(await complete(line), expected);
            return true;
        }, { within: 20_000 });
        await completes(`ringcastctl ${place} remove redis-`, ['redis-1', 'redis-2', 'redis-3', 'redis-4']);
        await completes(`ringcastctl ${place} drain-gateway `, ['gw-1', 'gw-2']);
        await completes(`ringcastctl ${place} config get sub`, ['subscribe_rate']);
        assert.deepEqual(await complete('ringcastctl add x --when'), ['--when-below']);
    });

    await step('... in zsh too', async () => {
        const script = fileURLToPath(new URL('completion.zsh', import.meta.url));
        const complete = (line, ...words) => new Promise((resolve, reject) => {
            execFile('zsh', ['-f', script, executables, line, ...words], (error, stdout) => {
                if (error) reject(new Error(`${line}: ${stdout}`));
                else resolve();
            });
        });
        await complete('ringcastctl plan ', 'add', 'pin', 'remove', 'unpin', 'weight');
        await until('names in the cluster', async () => {
            await complete(`ringcastctl ${cluster.place.join(' ')} remove redis-`, 'redis-1', 'redis-2', 'redis-3', 'redis-4');
            return true;
        }, { within: 60_000 });
    });
}
