// Judges what was received by what was published. It knows nothing of how messages travel: it is
// told each publish, its answer, each delivery and each word about losses, and compares.

/**
 * A message on a channel is named by its publisher and the publisher's count: 'p1/17'. While a subscriber is
 * subscribed, each message sent is *awaited* by it; an awaited message that was answered with success and
 * does not come is missing. Whoever is told of a gap awaits nothing of what was sent before.
 */
export class Histories {
    #channels = new Map();

    #of(channel) {
        let found = this.#channels.get(channel);
        if (!found) {
            // subscribers: all that take part; listening: those that await what is sent now.
            this.#channels.set(channel, (found = { messages: new Map(), open: new Set(), subscribers: new Map(), listening: new Set() }));
        }
        return found;
    }

    /** Before it is sent. */
    sent(channel, publisher, number) {
        const { messages, open, listening } = this.#of(channel);
        const message = { name: `${publisher}/${number}`, publisher, number, answered: false, awaiting: new Set(listening) };
        messages.set(message.name, message);
        open.add(message);
    }

    /** The gateway answered with success: from now on it may not be missing. */
    answered(channel, publisher, number) {
        const of = this.#of(channel);
        const message = of.messages.get(`${publisher}/${number}`);
        if (!message) return;  // forgotten meanwhile
        message.answered = true;
        if (message.awaiting.size === 0) of.open.delete(message);
    }

    /** The gateway answered with an error, or nobody will ever know: it may come or not. */
    failed(channel, publisher, number) {
        const of = this.#of(channel);
        const message = of.messages.get(`${publisher}/${number}`);
        if (!message) return;
        message.failed = true;
        message.awaiting.clear();
        of.open.delete(message);
    }

    /** From the confirmation of a subscription on, the first or a later one. */
    subscribed(channel, subscriber) {
        const { subscribers, listening } = this.#of(channel);
        if (!subscribers.has(subscriber)) subscribers.set(subscriber, { list: [], floor: new Map() });
        listening.add(subscriber);
    }

    /** Means to go: awaits what has been sent until now, and nothing that is sent later. */
    leaving(channel, subscriber) {
        this.#of(channel).listening.delete(subscriber);
    }

    /** It was told that messages may be lost, or is gone: what was sent until now may be missing at it. */
    told(channel, subscriber) {
        const { open, listening } = this.#of(channel);
        listening.delete(subscriber);
        for (const message of open) {
            message.awaiting.delete(subscriber);
            if (message.answered && message.awaiting.size === 0) open.delete(message);
        }
    }

    received(channel, subscriber, publisher, number) {
        const of = this.#of(channel);
        const name = `${publisher}/${number}`;
        if (!of.subscribers.has(subscriber)) of.subscribers.set(subscriber, { list: [], floor: new Map() });
        of.subscribers.get(subscriber).list.push(name);
        const message = of.messages.get(name);
        if (!message) return;
        message.awaiting.delete(subscriber);
        if (message.answered && message.awaiting.size === 0) of.open.delete(message);
    }

    get channels() {
        return [...this.#channels.keys()];
    }

    /** How many deliveries are still to come, of messages answered with success. */
    outstanding(channels = this.channels) {
        let count = 0;
        for (const channel of channels) {
            for (const { answered, awaiting } of this.#of(channel).open) if (answered) count += awaiting.size;
        }
        return count;
    }

    /** Whether nothing sent is awaited by it any more; of what is not answered yet nobody knows. */
    isServed(channel, subscriber) {
        for (const { awaiting } of this.#of(channel).open) if (awaiting.has(subscriber)) return false;
        return true;
    }

    /**
     * Every violation as a sentence, the first hundred: invented, doubled, out of the publisher's
     * order, in different orders at two subscribers, and missing unless more is on its way.
     */
    violations({ underWay = false } = {}) {
        const found = [];
        const tell = (text) => found.length < 100 && found.push(text);
        for (const [channel, { messages, open, subscribers }] of this.#channels) {
            const places = new Map();  // message -> place in the list of the first subscriber that has it
            for (const [subscriber, { list, floor }] of subscribers) {
                const seen = new Set();
                const last = new Map(floor);
                const reached = new Map();  // other subscriber -> the furthest place in its list so far
                list.forEach((name, i) => {
                    const message = messages.get(name);
                    if (!message) {
                        tell(`${channel}: ${subscriber} received ${name}, which nobody sent`);
                        return;
                    }
                    if (seen.has(name) || floor.get(message.publisher) === message.number) tell(`${channel}: ${subscriber} received ${name} twice`);
                    seen.add(name);
                    const before = last.get(message.publisher) ?? 0;
                    if (message.number < before) {
                        tell(`${channel}: ${subscriber} received ${name} after ${message.publisher}/${before}`);
                    }
                    last.set(message.publisher, message.number);
                    const other = places.get(name);
                    if (other === undefined) {
                        places.set(name, { subscriber, place: i });
                    } else if (other.subscriber !== subscriber) {
                        if (other.place < (reached.get(other.subscriber) ?? -1)) {
                            tell(`${channel}: ${subscriber} and ${other.subscriber} disagree on the order of ${name}`);
                        }
                        reached.set(other.subscriber, other.place);
                    }
                });
            }
            for (const { name, answered, awaiting } of underWay ? [] : open) {
                for (const subscriber of answered ? awaiting : []) tell(`${channel}: ${subscriber} missed ${name}`);
            }
        }
        return found;
    }

    /**
     * Drops what was complete already when it was called before, to judge a long time in pieces: of each list what
     * stands before the first message that is not. What comes again after that counts as invented.
     */
    forget() {
        for (const { messages, open, subscribers, listening } of this.#channels.values()) {
            const dropped = new Set();
            for (const message of messages.values()) {
                if (message.failed || open.has(message)) continue;
                if (message.complete) dropped.add(message.name);
                message.complete = true;
            }
            const kept = new Set();
            for (const [subscriber, { list, floor }] of subscribers) {
                const first = list.findIndex((name) => messages.has(name) && !dropped.has(name));
                for (const name of list.splice(0, first < 0 ? list.length : first)) {
                    const message = messages.get(name);
                    if (message) floor.set(message.publisher, message.number);
                }
                for (const name of list) kept.add(name);
                if (list.length === 0 && !listening.has(subscriber)) subscribers.delete(subscriber);
            }
            for (const name of dropped) if (!kept.has(name)) messages.delete(name);
        }
    }
}
