// What the shells complete, by the script that `ringcastctl completion` prints, on a cluster that runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { executables } from '../../../deploy/cluster/cluster.js';
import { until } from '../../../deploy/cluster/wait.js';
import { exits, program, run } from './program.js';

const typing = fileURLToPath(new URL('completion.zsh', import.meta.url));

/** A line as bash hands it to a completion: `:` and `=` are words of their own, outside of quotes. */
function words(line) {
    const found = line.match(/"[^"]*"?|[:=]+|[^\s:="]+/g);
    return /\s$/.test(line) ? [...found, ''] : found;
}

/** What bash would put in the place of the last of those words, sorted. */
function complete(line) {
    return new Promise((resolve, reject) => {
        const script = `source <("${program}" completion bash)
            PATH="${executables}:$PATH" COMP_LINE="$1" COMP_POINT=\${#1}
            shift
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _ringcastctl
            ((\${#COMPREPLY[@]} == 0)) || printf '%s\\n' "\${COMPREPLY[@]}"`;
        execFile('bash', ['-c', script, 'bash', line, ...words(line)], (error, stdout, stderr) => {
            if (error || stderr) reject(error ?? new Error(`${line}: ${stderr}`));
            else resolve(stdout.split('\n').slice(0, -1).sort());
        });
    });
}

/** Types it into an interactive shell, and two tabs, and waits until these words were shown. */
function type(shell, line, ...shown) {
    return new Promise((resolve, reject) => {
        execFile('zsh', ['-f', typing, shell, executables, line, ...shown], (error, stdout) => {
            if (error) reject(new Error(`${shell}, ${line}: ${stdout}`));
            else resolve();
        });
    });
}

/** The names come within a second or not at all; a busy machine may need another tab. */
function again(what, look) {
    return until(what, async () => {
        await look();
        return true;
    }, { within: 60_000 });
}

/** Requires: members redis-1 to redis-4, gateways gw-1 and gw-2. */
export async function completion({ step, cluster }) {
    const place = cluster.place.join(' ');
    const members = ['redis-1', 'redis-2', 'redis-3', 'redis-4'];
    const completes = (line, expected) =>
        again(`'${line}' to be completed`, async () => assert.deepEqual(await complete(line), expected));

    await step('completion knows the names in the cluster', async () => {
        assert.deepEqual(await complete('ringcastctl re'), ['remove', 'requests', 'resume']);
        assert.deepEqual(await complete('ringcastctl plan '), ['add', 'pin', 'remove', 'unpin', 'weight']);
        assert.deepEqual(await complete('ringcastctl add x --when'), ['--when-below']);
        await completes(`ringcastctl ${place} remove redis-`, members);
        await completes(`ringcastctl ${place} drain-gateway `, ['gw-1', 'gw-2']);
        await completes(`ringcastctl ${place} config get sub`, ['subscribe_rate']);
    });

    await step('... and every option that the help tells of', async () => {
        const help = async (...command) => (await run([...command, '--help'])).stdout;
        const names = (text, title) => text.split(`${title}:\n`)[1]?.split('\n\n')[0].match(/^ {2}[^ ]+/gm).map((word) => word.trim()) ?? [];
        const options = (text) => names(text, 'Options').map((name) => name.split(',').at(-1)).filter((name) => name !== '--version');
        const all = await help();
        for (const command of names(all, 'Subcommands')) {
            const text = await help(command);
            for (const below of ['', ...names(text, 'Subcommands')]) {
                const wanted = below ? options(await help(command, below)) : options(text);
                assert.deepEqual(await complete(`ringcastctl ${command} ${below}${below && ' '}--`),
                    [...new Set([...options(all), ...wanted])].sort(), `${command} ${below}`);
            }
        }
        assert.deepEqual(await complete('ringcastctl '), names(all, 'Subcommands').sort());
    });

    await step('... where bash splits words, too', async () => {
        assert.deepEqual(await complete('ringcastctl --output='), ['json', 'table']);
        assert.deepEqual(await complete('ringcastctl --output=js'), ['json']);
        assert.deepEqual(await complete('ringcastctl --output=json re'), ['remove', 'requests', 'resume']);
        assert.deepEqual(await complete('ringcastctl --zookeeper 127.0.0.1:'), []);
        assert.deepEqual(await complete('ringcastctl pin news:sports x --rate='), []);
        await completes(`ringcastctl ${place} pin news:sports redis-`, members);
        await completes(`ringcastctl ${place.replace(/ (?=[^-])/g, '=')} pin a::b=c: redis-`, members);
    });

    await step('... of pins and of what can be undone', async () => {
        // Nothing in a name is carried out.
        for (const channel of ['news:sports', 'news:$(id) x']) await cluster.ctl('pin', channel, 'redis-1');
        const refused = await run([...cluster.place, 'remove', 'redis-9']);
        assert.equal(refused.code, exits.refused);
        await cluster.ctl('pin', 'news:sports', 'redis-1');
        const { history } = await cluster.ctl('history');
        const [sports, other] = history.filter(({ channel, steps }) => channel?.startsWith('news:') && steps > 0);
        const { history: offered } = await cluster.ctl('history', '--undoable');
        assert.deepEqual(offered.slice(-2), [sports, other], 'neither what was refused nor what was so already');

        await completes(`ringcastctl ${place} undo `, offered.map(({ name }) => name).sort());
        await completes(`ringcastctl ${place} unpin news:`, ['\\$\\(id\\)\\ x', 'sports']);
        await completes(`ringcastctl ${place} unpin "news:s`, ['news:sports']);
        await again('pins', () => type('bash', `ringcastctl ${place} unpin news:`, 'sports', '\\$\\(id\\)\\ x'));
        await again('pins', () => type('zsh', `ringcastctl ${place} unpin news:`, 'news:sports', 'news:\\$\\(id\\)\\ x'));
        for (const { name } of [sports, other]) await cluster.ctl('undo', name);
        assert.ok(!(await cluster.ctl('history', '--undoable')).history.some(({ name }) => name === sports.name));
    });

    await step('... and typed into bash and zsh', async () => {
        await type('zsh', 'ringcastctl plan ', 'add', 'pin', 'remove', 'unpin', 'weight');
        await type('bash', 'ringcastctl --output=', 'json', 'table');
        for (const shell of ['bash', 'zsh']) {
            await again('names in the cluster', () => type(shell, `ringcastctl ${place} remove redis-`, ...members));
            await again('the names of nodes', () => type(shell, `ringcastctl ${place} pin news:sports redis-`, ...members));
        }
    });
}
