// The program behind deploy/up: starts everything, proves that it works, shows how it is until it is
// told to stop, and stops everything in the reverse order.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { delimiter } from 'node:path';
import { parseArgs } from 'node:util';

import { Cluster, executables } from './cluster.js';
import { isFree } from './ports.js';
import { prove } from './proof.js';
import { statusLines } from './status.js';
import { pause, until } from './wait.js';

const say = (text) => console.log(text);

/** Anyone on this machine may connect and do everything: this is for looking, not for a site. */
const open = [
    '--insecure', '--set', 'limits.channels_per_client_max=1000', '--set', 'limits.commands_per_second=0',
    '--set', 'limits.publishes_per_second=0',
];

function options() {
    const { values } = parseArgs({
        options: {
            port: { type: 'string', default: '8000' },
            standalone: { type: 'boolean', default: false },
            once: { type: 'boolean', default: false },
            nodes: { type: 'string', default: '3' },
            standby: { type: 'string', default: '0' },
            gateways: { type: 'string', default: '2' },
            set: { type: 'string', multiple: true, default: [] },
            run: { type: 'string' },
        },
    });
    const number = (name, least, most, what) => {
        const value = Number(values[name]);
        if (values[name] !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
        throw new Error(`--${name} ${values[name]}: not ${what}`);
    };
    return {
        ...values,
        port: number('port', 0, 65535, 'a port'),
        nodes: number('nodes', 1, 100, 'a number of nodes, 1 to 100'),
        standby: number('standby', 0, 100, 'a number of nodes, 0 to 100'),
        gateways: number('gateways', 2, 100, 'a number of gateways, 2 to 100'),
    };
}

/** Nodes that register and wait to be added. */
async function startStandby(cluster, count) {
    for (let i = 0; i < count; ++i) await cluster.startNode();
    await until(`${count} nodes on standby`, async () => ((await cluster.status()).standby ?? []).length === count, { every: 100 });
}

/** A shell with the command, which finds this cluster in its environment: {child, ended}. */
function shell(cluster, command) {
    // It leads a group of its own, which is ended with all that it started.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'sh', '-c', command], {
        stdio: 'inherit',
        detached: true,
        env: {
            ...process.env,
            PATH: `${executables}${delimiter}${process.env.PATH}`,
            ...(cluster.zookeeper ? { RINGCAST_ZOOKEEPER: cluster.zookeeper.hosts, RINGCAST_CLUSTER: cluster.name } : {}),
        },
    });
    const ended = new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code) => resolve(code ?? 1));
    });
    return { child, ended };
}

function endGroup(child) {
    try {
        process.kill(-child.pid, 'SIGTERM');
    } catch {
        // It has ended by itself.
    }
}

function tellProof({ gateways, channels, messages, seconds, carried }) {
    say(`Proof: 2 clients of the JavaScript SDK on ${[...new Set(gateways)].join(' and ')}, ${channels} channels:`);
    say(`  ${messages} messages, each once and in order, in ${seconds.toFixed(2)} s`);
    for (const node of carried) say(`  ${node.id} carries ${node.channels} of the channels`);
    const sum = carried.reduce((total, node) => total + node.channels, 0);
    if (carried.length > 0 && sum !== channels) throw new Error(`the nodes carry ${sum} channels, not ${channels}`);
}

/** One screen, or plain lines when nobody looks at a terminal, until `stopped` says so. */
async function watch(cluster, where, stopped) {
    const rates = {};
    const screen = process.stdout.isTTY;
    let last = '';
    while (!stopped()) {
        const lines = await statusLines(cluster, rates);
        if (stopped()) return;
        if (screen) {
            process.stdout.write(`\x1b[2J\x1b[H${[...where, '', ...lines, '', 'Ctrl-C stops everything.'].join('\n')}\n`);
        } else if (lines.join() !== last) {
            say(lines.join('\n'));
            last = lines.join();
        }
        for (let i = 0; i < (screen ? 10 : 50) && !stopped(); ++i) await pause(100);
    }
}

async function main() {
    const { port, standalone, once, nodes, standby, gateways, set, run } = options();
    if (port !== 0 && !(await isFree(port))) {
        throw new Error(`port ${port} on 127.0.0.1 is taken: stop what listens there, or choose another with --port`);
    }

    let stopping = false;
    let watching = false;
    let command;
    const cluster = new Cluster({
        port,
        standalone,
        nodes,
        gateways,
        gatewayArguments: [...open, ...set.flatMap((setting) => ['--set', setting])],
        onStep: (what) => say(`Starting ${what}`),
        // Once the system is shown, killing a part is a thing to try; before, it is a failure.
        onDeath: (child) => watching || stopping || say(`${child.name} ended:\n${child.tail()}`),
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.on(signal, () => {
            if (stopping) return;
            stopping = true;
            say('\nStopping');
            // Interrupts the start or the proof as well: what they wait for ends.
            if (command) endGroup(command);
            else if (!watching) cluster.stop().catch(() => {});
        });
    }

    try {
        await cluster.start();
        const begin = standalone ? cluster.gateways[0] : cluster.haproxy;
        const where = [
            `Ringcast is up: ${begin.url}`,
            ...cluster.gateways.map(({ id, url, adminUrl }) => `  ${id}  ${url}  admin ${adminUrl}`),
            ...cluster.nodes.map(({ id, port: at }) => `  ${id}  127.0.0.1:${at}`),
            ...(standalone ? [] : [`  ZooKeeper  ${cluster.zookeeper.hosts}, cluster ${cluster.name}`]),
            `  API key ${cluster.apiKey}, logs in ${cluster.folder}`,
        ];
        say(where.join('\n'));
        tellProof(await prove(cluster));
        if (cluster.dead.length > 0) throw new Error(`${cluster.dead[0].name} ended during the proof`);
        if (standby > 0 && !standalone) await startStandby(cluster, standby);
        if (run !== undefined) {
            const started = shell(cluster, run);
            command = started.child;
            process.exitCode = await started.ended;
        } else if (!once) {
            watching = true;
            await watch(cluster, where, () => stopping);
        }
        if (run === undefined) cluster.dead.length = 0;
        await cluster.stop();
        say('Everything is stopped.');
    } catch (error) {
        if (stopping) {
            await cluster.stop().catch(() => {});
            rmSync(cluster.folder, { recursive: true, force: true });
            say('Everything is stopped.');
            return;
        }
        await cluster.stop({ keepFolder: true }).catch(() => {});
        throw Object.assign(error, { message: `${error.message}\nThe logs are in ${cluster.folder}` });
    }
}

try {
    await main();
} catch (error) {
    console.error(`deploy/up: ${error.message}`);
    process.exitCode = 1;
}
