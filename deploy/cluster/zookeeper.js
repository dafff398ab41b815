// A ZooKeeper ensemble of one or three, from Debian's jar files.

import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { Child } from './child.js';
import { freePort } from './ports.js';
import { until } from './wait.js';

const jars = ['zookeeper', 'slf4j-log4j12', 'log4j-1.2'].map((name) => `/usr/share/java/${name}.jar`);

const log4j = `log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p %m%n
`;

/** Asks a server one of its four-letter words; an empty answer when it says nothing. */
export function fourLetters(port, word, within = 5000) {
    return new Promise((resolve) => {
        let answer = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(word));
        const finish = () => {
            socket.destroy();
            resolve(answer);
        };
        socket.setTimeout(within, finish);
        socket.on('data', (bytes) => (answer += bytes));
        socket.on('error', finish);
        socket.on('close', finish);
    });
}

export class ZooKeeper {
    members = [];

    /**
     * `sessionTimeout`, in milliseconds, is what every client gets, whatever it asks for: tests
     * choose it here and need no option of the programs under test.
     */
    constructor({ folder, members = 1, sessionTimeout = 4000, onDeath }) {
        Object.assign(this, { folder, count: members, sessionTimeout, onDeath });
    }

    async start() {
        const { folder, count, sessionTimeout, onDeath } = this;
        const ports = [];
        for (let i = 0; i < count; ++i) ports.push([await freePort(), await freePort(), await freePort()]);
        const servers = ports.map(([, peer, election], i) => `server.${i + 1}=127.0.0.1:${peer}:${election}`);

        ports.forEach(([port], i) => {
            const name = count === 1 ? 'zookeeper' : `zookeeper-${i + 1}`;
            const home = join(folder, name);
            mkdirSync(home, { recursive: true });
            writeFileSync(join(home, 'log4j.properties'), log4j);
            writeFileSync(join(home, 'myid'), `${i + 1}\n`);
            const settings = [
                `dataDir=${home}`,
                `clientPort=${port}`,
                'clientPortAddress=127.0.0.1',
                'tickTime=250',
                // A failed election after a pause of all members is noticed after initLimit only.
                'initLimit=12',
                'syncLimit=8',
                `minSessionTimeout=${sessionTimeout}`,
                `maxSessionTimeout=${sessionTimeout}`,
                'maxClientCnxns=0',
                'admin.enableServer=false',
                '4lw.commands.whitelist=*',
                ...(count > 1 ? servers : []),
            ];
            writeFileSync(join(home, 'zoo.cfg'), settings.join('\n') + '\n');
            const child = new Child({
                name,
                folder,
                onDeath,
                command: 'java',
                args: [
                    '-Xmx64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1',
                    '-Dzookeeper.preAllocSize=1024', '-Dzookeeper.forceSync=no',
                    // Servers that were frozen in the midst of an election ask again after up to a
                    // minute otherwise.
                    '-Dzookeeper.fastleader.maxNotificationInterval=1000',
                    '-cp', [...jars, home].join(':'),
                    'org.apache.zookeeper.server.quorum.QuorumPeerMain', join(home, 'zoo.cfg'),
                ],
            });
            this.members.push({ child, port });
        });
        await this.startAll();
    }

    /** For the programs' option --zookeeper. */
    get hosts() {
        return this.members.map(({ port }) => `127.0.0.1:${port}`).join(',');
    }

    /** Starts those that do not run, on what they had stored; returns when each of them serves. */
    async startAll() {
        const stopped = this.members.filter(({ child }) => !child.running);
        await Promise.all(stopped.map(({ child }) => child.start()));
        await Promise.all(stopped.map(({ child, port }) => until(
            `${child.name} to serve (its log: ${child.log})`,
            async () => (await fourLetters(port, 'srvr')).includes('Mode:'),
            {
                within: 30_000,
                every: 50,
                giveUp: () => {
                    if (!child.running) throw new Error(`${child.name} ended before it was ready.\n${child.tail()}`);
                },
            },
        )));
    }

    async leader() {
        for (const member of this.members) {
            if (member.child.running && (await fourLetters(member.port, 'srvr')).includes('Mode: leader')) return member;
        }
        return undefined;
    }

    freeze() {
        for (const { child } of this.members) child.freeze();
    }

    thaw() {
        for (const { child } of this.members) child.thaw();
    }

    async kill9() {
        await Promise.all(this.members.map(({ child }) => child.kill9()));
    }

    async stop() {
        await Promise.all(this.members.map(({ child }) => child.stop(5000)));
    }
}
