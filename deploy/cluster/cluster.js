// A whole Ringcast on loopback, from real parts: ZooKeeper, redis-servers each with its ringcast-node,
// gateways, HAProxy. For deploy/up and for the integration tests.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Child } from './child.js';
import { HAProxy } from './haproxy.js';
import { freePort } from './ports.js';
import { redisServer, redisCommand, subscribedChannels } from './redis.js';
import { until } from './wait.js';
import { ZooKeeper } from './zookeeper.js';

const run = promisify(execFile);
const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where the executables are: RINGCAST_BIN, else the release build. */
export const executables = process.env.RINGCAST_BIN ?? join(top, 'build', 'release', 'bin');

/** One gateway process. */
export class Gateway {
    constructor({ id, port, adminPort, child, apiKey }) {
        Object.assign(this, { id, port, adminPort, child, apiKey });
    }

    get url() {
        return `ws://127.0.0.1:${this.port}/connection/websocket`;
    }

    get httpUrl() {
        return `http://127.0.0.1:${this.port}`;
    }

    get adminUrl() {
        return `http://127.0.0.1:${this.adminPort}`;
    }

    start() {
        return this.child.start(() => this.ready());
    }

    async ready() {
        return (await fetch(`${this.adminUrl}/ready`)).status === 200;
    }

    /** The HTTP API: the `result` of a method, or an error that carries `code` and `status`. */
    async api(method, body = {}) {
        const response = await fetch(`${this.httpUrl}/api/${method}`, {
            method: 'POST',
            headers: { 'X-API-Key': this.apiKey, 'Content-Type': 'application/json' },
            body: JSON.stringify(body),
        });
        if (response.status !== 200) {
            throw Object.assign(new Error(`${method}: HTTP ${response.status}`), { status: response.status });
        }
        const answer = await response.json();
        if (answer.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
        return answer.result;
    }

    /** The metrics as [{name, labels, value}]. */
    async metrics() {
        const text = await (await fetch(`${this.adminUrl}/metrics`)).text();
        return text.split('\n').flatMap((line) => {
            const found = line.match(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/);
            if (!found) return [];
            const labels = Object.fromEntries(
                [...(found[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]),
            );
            return [{ name: found[1], labels, value: Number(found[3]) }];
        });
    }

    /** The sum of a metric over the series that have these labels. */
    async metric(name, labels = {}) {
        return (await this.metrics())
            .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
            .reduce((sum, one) => sum + one.value, 0);
    }
}

/** One Redis server and the agent that keeps it in the cluster. */
export class Node {
    constructor({ id, port, redis, agent }) {
        Object.assign(this, { id, port, redis, agent });
    }

    command(...words) {
        return redisCommand(this.port, words);
    }

    channels(prefix) {
        return subscribedChannels(this.port, prefix);
    }
}

export class Cluster {
    name = 'loopback';
    nodes = [];
    /** What nodes were before they moved. */
    former = [];
    gateways = [];
    zookeeper;
    haproxy;
    /** Children that ended though nobody asked them to. */
    dead = [];

    /**
     * `settings` is the gateways' configuration file as an object of sections, `gatewayArguments` go to
     * their command lines. `port` is that of HAProxy (0: a free one; undefined: no HAProxy), with
     * `standalone` that of the one gateway.
     */
    constructor({
        nodes = 3, gateways = 2, zookeepers = 1, sessionTimeout = 4000, port, threads = 2, standalone = false,
        gatewayArguments = ['--insecure'], settings = {}, apiKey = 'loopback', onStep = () => {}, onDeath = () => {},
    } = {}) {
        this.plan = { nodes, gateways, zookeepers, sessionTimeout, port, standalone, onStep };
        Object.assign(this, { threads, gatewayArguments, apiKey });
        this.folder = mkdtempSync(join(tmpdir(), 'ringcast-'));
        this.config = join(this.folder, 'gateway.yaml');
        writeFileSync(this.config, JSON.stringify(settings, null, 2));  // JSON is YAML too
        this.onDeath = (child) => {
            this.dead.push(child);
            onDeath(child);
        };
    }

    static async start(options) {
        const cluster = new Cluster(options);
        await cluster.start();
        return cluster;
    }

    /**
     * Starts it all and returns when every gateway is ready and every node a member. When something
     * fails, what had been started is stopped and the logs stay.
     */
    async start() {
        try {
            await (this.plan.standalone ? this.#startStandalone() : this.#startAll());
        } catch (error) {
            await this.stop({ keepFolder: true }).catch(() => {});
            throw Object.assign(error, { folder: this.folder });
        }
    }

    async #startAll() {
        const { folder, onDeath } = this;
        const { nodes, gateways, zookeepers, sessionTimeout, port, onStep } = this.plan;
        onStep(zookeepers === 1 ? 'ZooKeeper' : `${zookeepers} ZooKeeper servers`);
        this.zookeeper = new ZooKeeper({ folder, members: zookeepers, sessionTimeout, onDeath });
        await this.zookeeper.start();
        onStep(`${nodes} Redis nodes`);
        await Promise.all(Array.from({ length: nodes }, () => this.startNode()));
        onStep(`${gateways} gateways`);
        await Promise.all(Array.from({ length: gateways }, () => this.addGateway()));
        await this.members(nodes);
        if (port === undefined) return;
        onStep('HAProxy');
        this.#goOn();
        this.haproxy = new HAProxy({ folder, port: port || (await freePort()), gateways: this.gateways, onDeath });
        await this.haproxy.start();
    }

    /** The one-process mode: no ZooKeeper, no Redis. */
    async #startStandalone() {
        this.plan.onStep('one gateway, standalone');
        this.gatewayArguments = [...this.gatewayArguments, '--standalone'];
        await this.addGateway({ port: this.plan.port || undefined });
    }

    /** Nothing is started once stopping has begun. */
    #goOn() {
        if (this.stopping) throw new Error('stopped while starting');
    }

    child(name, program, args) {
        this.#goOn();
        const { folder, onDeath } = this;
        return new Child({ name, folder, onDeath, command: join(executables, program), args });
    }

    get place() {
        return this.placeBy(this.zookeeper.hosts);
    }

    placeBy(zookeeper) {
        return ['--zookeeper', zookeeper, '--cluster', this.name];
    }

    /**
     * A Redis and its agent; on standby until a view takes it in. `advertise`: where gateways reach the Redis,
     * `zookeeper`: where its agent reaches that, both HOST:PORT, if they are not to go there straight.
     */
    async startNode(options) {
        const node = new Node({ id: `redis-${this.nodes.length + 1}` });
        this.nodes.push(node);
        await this.#equip(node, node.id, options);
        await node.agent.start();
        return node;
    }

    /**
     * Gives a node another Redis, which runs, and an agent to be started under the same id. What it had goes on
     * until somebody stops it, and is returned.
     */
    async moveNode(node, options) {
        const former = new Node(node);
        this.former.push(former);
        await this.#equip(node, `${node.id}-at-${this.former.length}`, options);
        return former;
    }

    async #equip(node, name, { weight = 100, zone, port, advertise, zookeeper = this.zookeeper.hosts } = {}) {
        node.port = port ?? (await freePort());
        node.redis = redisServer({ name, folder: this.folder, port: node.port, onDeath: this.onDeath });
        node.agent = this.child(`node-${name}`, 'ringcast-node', [
            '--id', node.id, '--redis', `127.0.0.1:${node.port}`, ...this.placeBy(zookeeper), '--weight', `${weight}`,
            ...(zone ? ['--zone', zone] : []), ...(advertise ? ['--advertise', advertise] : []),
        ]);
        await node.redis.start(async () => (await node.command('PING')) === 'PONG');
    }

    /** Starts a node and makes it a member. */
    async addNode(options) {
        const node = await this.startNode(options);
        await until(`${node.id} on standby`, async () => (await this.status()).standby?.some(({ id }) => id === node.id), { every: 100 });
        await this.ctl('add', node.id);
        await until(`${node.id} a member`, async () => (await this.status()).members.some(({ id }) => id === node.id), { every: 100 });
        return node;
    }

    async addGateway({ port, zookeeper = this.zookeeper?.hosts } = {}) {
        const id = `gw-${this.gateways.length + 1}`;
        const gateway = new Gateway({ id, apiKey: this.apiKey });
        this.gateways.push(gateway);
        gateway.port = port ?? (await freePort());
        gateway.adminPort = await freePort();
        gateway.child = this.child(id, 'ringcast-gateway', [
            '--config', this.config, '--id', id, '--listen', `127.0.0.1:${gateway.port}`, '--admin-listen', `127.0.0.1:${gateway.adminPort}`,
            ...(zookeeper ? this.placeBy(zookeeper) : []), '--api-key', this.apiKey, '--threads', `${this.threads}`,
            ...this.gatewayArguments,
        ]);
        await gateway.start();
        return gateway;
    }

    /** What `ringcastctl -o json` says. */
    async ctl(...words) {
        const { stdout } = await run(
            join(executables, 'ringcastctl'), [...this.place, '-o', 'json', ...words], { timeout: 20_000 });
        return JSON.parse(stdout);
    }

    status() {
        return this.ctl('status');
    }

    /** Waits until the ring has so many members; nodes left on standby by the first view are added. */
    async members(count) {
        await until(`${count} members in the ring`, async () => {
            const { members, standby = [] } = await this.status();
            if (members.length === count) return true;
            if (members.length > 0 && standby.length > 0) await this.ctl('add', standby[0].id);
            return false;
        }, { within: 20_000, every: 100 });
    }

    node(id) {
        return this.nodes.find((node) => node.id === id);
    }

    /** Every child, in the order of starting. */
    children() {
        return [
            ...(this.zookeeper?.members.map(({ child }) => child) ?? []),
            ...[...this.nodes, ...this.former].flatMap(({ redis, agent }) => [redis, agent]),
            ...this.gateways.map(({ child }) => child),
            ...(this.haproxy ? [this.haproxy.child] : []),
        ].filter(Boolean);
    }

    /**
     * Stops everything in the reverse order of starting and removes the folder. Throws when a child
     * had died, had to be killed, or left a sanitizer's report; the folder then stays for a look, as it
     * does with RINGCAST_KEEP_LOGS in the environment.
     */
    async stop({ keepFolder = Boolean(process.env.RINGCAST_KEEP_LOGS) } = {}) {
        this.stopping = true;
        const faults = this.dead.map((child) => `${child.name} ended by itself: ${JSON.stringify(child.death)}\n${child.tail()}`);
        const ours = (child) => child.command.startsWith(executables);
        const stop = async (child) => {
            const ran = child.running;
            const end = await child.stop();
            if (ran && ours(child) && (end.late || end.code !== 0)) {
                faults.push(`${child.name} did not stop cleanly: ${JSON.stringify(end)}\n${child.tail()}`);
            }
            const fault = ours(child) && child.fault();
            if (fault) faults.push(`${child.name}: ${fault}\n${child.tail(40)}`);
        };
        await this.haproxy?.stop();
        await Promise.all(this.gateways.filter(({ child }) => child).map(({ child }) => stop(child)));
        const nodes = [...this.nodes, ...this.former];
        await Promise.all(nodes.filter(({ agent }) => agent).map(({ agent }) => stop(agent)));
        await Promise.all(nodes.filter(({ redis }) => redis).map(({ redis }) => stop(redis)));
        await this.zookeeper?.stop();
        if (faults.length === 0 && !keepFolder) rmSync(this.folder, { recursive: true, force: true });
        if (faults.length > 0) throw new Error(`${faults.join('\n')}\nLogs: ${this.folder}`);
    }
}
