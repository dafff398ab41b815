// Judges what was received by what was published. It knows nothing of how messages travel: it is
// told each publish, its answer, and each delivery, and compares.

/** A message on a channel is named by its publisher and the publisher's count: 'p1/17'. */
export class Histories {
    #channels = new Map();

    #of(channel) {
        let found = this.#channels.get(channel);
        if (!found) this.#channels.set(channel, (found = { sent: new Map(), answered: new Set(), received: new Map() }));
        return found;
    }

    /** Before it is sent. Counts per publisher and channel begin at 1 and have no holes. */
    sent(channel, publisher, number) {
        this.#of(channel).sent.set(`${publisher}/${number}`, { publisher, number });
    }

    /** The gateway answered with success: from now on it may not be missing. */
    answered(channel, publisher, number) {
        this.#of(channel).answered.add(`${publisher}/${number}`);
    }

    /** `subscriber` takes part in the judgement of the channel from this call on. */
    subscribed(channel, subscriber) {
        this.#of(channel).received.set(subscriber, []);
    }

    received(channel, subscriber, publisher, number) {
        this.#of(channel).received.get(subscriber).push(`${publisher}/${number}`);
    }

    get channels() {
        return [...this.#channels.keys()];
    }

    /** How many deliveries are still to come before every answered message is with every subscriber. */
    outstanding(channels = this.channels) {
        let count = 0;
        for (const channel of channels) {
            const { answered, received } = this.#of(channel);
            for (const list of received.values()) count += Math.max(0, answered.size - list.length);
        }
        return count;
    }

    /**
     * Every violation as a sentence, the first hundred: invented, doubled, out of the publisher's
     * order, in different orders at two subscribers, missing. `mayMiss(channel)`: losses are no violation.
     */
    violations(mayMiss = () => false) {
        const found = [];
        const tell = (text) => found.length < 100 && found.push(text);
        for (const [channel, { sent, answered, received }] of this.#channels) {
            const positions = new Map();  // message -> place in the first subscriber's list
            let first;
            for (const [subscriber, list] of received) {
                const seen = new Set();
                const last = new Map();
                let place = -1;
                for (const name of list) {
                    const message = sent.get(name);
                    if (!message) {
                        tell(`${channel}: ${subscriber} received ${name}, which nobody sent`);
                        continue;
                    }
                    if (seen.has(name)) tell(`${channel}: ${subscriber} received ${name} twice`);
                    seen.add(name);
                    const before = last.get(message.publisher) ?? 0;
                    if (message.number < before) {
                        tell(`${channel}: ${subscriber} received ${name} after ${message.publisher}/${before}`);
                    }
                    last.set(message.publisher, message.number);
                    if (first !== undefined && positions.has(name)) {
                        if (positions.get(name) < place) tell(`${channel}: ${subscriber} and ${first} disagree on the order of ${name}`);
                        place = positions.get(name);
                    }
                }
                if (first === undefined) {
                    first = subscriber;
                    list.forEach((name, i) => positions.set(name, i));
                }
                if (mayMiss(channel)) continue;
                for (const name of answered) {
                    if (!seen.has(name)) tell(`${channel}: ${subscriber} missed ${name}`);
                }
            }
        }
        return found;
    }
}
