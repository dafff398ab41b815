// The process of a PauseMeter: it says `ready` when it publishes, answers 'take' and 'finish' in the order in which
// they come, and ends with its parent. It keeps counts, no histories: its own work is what it must not measure.

import { monitorEventLoopDelay } from 'node:perf_hooks';

import { connected, sdkClient, subscribed } from '../../../deploy/cluster/client.js';
import { until } from '../../../deploy/cluster/wait.js';
import { loadOfThisProcess } from './machine.js';

const { gateways, channels, apart } = JSON.parse(process.argv[2]);

/** The frames of a publisher, in milliseconds: so its load is steady, and no answer waits behind hundreds of others. */
const tick = 10;
const faultsMax = 10;

const faults = [];
const totals = { published: 0, received: 0, refused: 0 };

function fault(text) {
    if (faults.length < faultsMax) faults.push(text);
}

/** One publisher on one channel. Its messages are numbered from 1; the channel's subscriber has to hear each, in order. */
class Track {
    sent = 0;
    answered = 0;
    heard = 0;
    /** Since it was taken, in milliseconds; undefined as long as nothing was answered. */
    longest;
    /** When the publishes were sent that wait for their answers, in order. */
    #waiting = [];

    constructor(publisher, channel) {
        Object.assign(this, { publisher, channel });
    }

    async publish() {
        const number = ++this.sent;
        const at = performance.now();
        ++totals.published;
        this.#waiting.push(at);
        try {
            await this.publisher.client.publish(this.channel, { p: this.publisher.index, n: number });
        } catch ({ code, message }) {
            ++totals.refused;
            fault(`${this.channel}: ${this.publisher.name} was refused ${number}: ${code} ${message}`);
        }
        ++this.answered;
        this.#waiting.splice(this.#waiting.indexOf(at), 1);
        this.#see(performance.now() - at);
    }

    #see(wait) {
        if (!(this.longest > wait)) this.longest = wait;
    }

    hear(number) {
        ++totals.received;
        const next = this.heard + 1;
        if (number < next) fault(`${this.channel}: of ${this.publisher.name}, ${number} came again or late, after ${this.heard}`);
        if (number > next) fault(`${this.channel}: of ${this.publisher.name}, ${next} to ${number - 1} did not come before ${number}`);
        this.heard = Math.max(this.heard, number);
    }

    take(now) {
        if (this.#waiting.length > 0) this.#see(now - this.#waiting[0]);
        const { longest } = this;
        this.longest = undefined;
        return longest;
    }
}

async function connect(gateway, name) {
    const client = sdkClient(gateway.url, { minReconnectDelay: 100, maxReconnectDelay: 500 });
    await connected(client);
    for (const event of ['connecting', 'disconnected']) {
        client.on(event, ({ code, reason }) => fault(`${name} is ${event}: ${code} ${reason}`));
    }
    return client;
}

const publishers = await Promise.all(gateways.map(async (gateway, index) => {
    const name = `publisher on ${gateway.id}`;
    return { index, name, client: await connect(gateway, name) };
}));
/** channel -> its tracks, by the publisher's index */
const tracks = new Map(channels.map((channel) => [channel, publishers.map((publisher) => new Track(publisher, channel))]));
const all = [...tracks.values()].flat();

await Promise.all(gateways.map(async (gateway, index) => {
    const name = `subscriber on ${gateway.id}`;
    const client = await connect(gateway, name);
    const own = channels.filter((_, i) => i % gateways.length === index);
    await subscribed(client, own, (channel, { p, n }) => tracks.get(channel)[p].hear(n));
    for (const channel of own) {
        client.getSubscription(channel).on('subscribing', ({ code, reason }) => fault(`${channel}: ${name} is told ${code} ${reason}`));
    }
}));

const slices = Math.max(publishers.length, Math.round(apart / tick));
let turn = 0;
const publishing = setInterval(() => {
    for (const { index, client } of publishers) {
        // Not all on the same channel at once: a pause is the sooner seen the more evenly publishes fall.
        const slice = (turn + Math.round((index * slices) / publishers.length)) % slices;
        client.startBatching();
        for (let i = slice; i < channels.length; i += slices) tracks.get(channels[i])[index].publish();
        client.stopBatching();
    }
    ++turn;
}, tick);

const resolution = 1;
const loop = monitorEventLoopDelay({ resolution });
loop.enable();
const load = loadOfThisProcess();

const asks = {
    async take() {
        await until('every channel to be answered on', () => all.every(({ longest }) => longest !== undefined), { within: 15_000, every: 5 });
        const at = performance.now();
        const waits = [...tracks].map(([channel, of]) => [channel, Math.max(...of.map((track) => track.take(at)))]);
        const lag = Math.max(0, loop.max / 1e6 - resolution);
        loop.reset();
        return { waits, lag, load: load(), faults };
    },

    async finish() {
        clearInterval(publishing);
        await until('every publish to be answered', () => all.every(({ sent, answered }) => sent === answered), { within: 20_000 });
        await until('every message to arrive', () => all.every(({ sent, heard }) => heard >= sent), { within: 20_000 }).catch(() => {
            for (const { channel, publisher, sent, heard } of all) {
                if (heard < sent) fault(`${channel}: of ${publisher.name}, ${heard + 1} to ${sent} did not come`);
            }
        });
        return { ...totals, faults };
    },
};

let last = Promise.resolve();
process.on('message', (what) => {
    last = last.then(asks[what]).catch(({ message }) => ({ error: message })).then((answer) => process.send(answer));
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
