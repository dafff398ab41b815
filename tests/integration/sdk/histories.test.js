// The judge itself must be able to say no.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Histories } from '../../support/cluster/histories.js';

const a1 = ['a', 1];
const a2 = ['a', 2];
const b1 = ['b', 1];

/** A room to which `one` and `two` are subscribed. */
function room() {
    const histories = new Histories();
    return {
        histories,
        join: (...names) => names.forEach((name) => histories.subscribed('room', name)),
        send: (...messages) => messages.forEach(([publisher, number]) => {
            histories.sent('room', publisher, number);
            histories.answered('room', publisher, number);
        }),
        receive: (subscriber, ...messages) => messages.forEach(([publisher, number]) => {
            histories.received('room', subscriber, publisher, number);
        }),
    };
}

/** Two messages of a, one of b, all answered; `one` and `two` received what is given. */
function judged(one, two) {
    const { histories, join, send, receive } = room();
    join('one', 'two');
    send(a1, a2, b1);
    receive('one', ...one);
    receive('two', ...two);
    return histories.violations();
}

test('histories without a fault are accepted', () => {
    assert.deepEqual(judged([a1, b1, a2], [a1, b1, a2]), []);
});

test('a missing message is found', () => {
    assert.match(judged([a1, b1, a2], [a1, b1]).join(), /two missed a\/2/);
});

test('whoever was told of a gap may miss what was sent before, and nothing sent after it is subscribed again', () => {
    const { histories, join, send, receive } = room();
    join('one', 'two');
    send(a1);
    histories.told('room', 'two');
    send(a2);
    join('two');
    send(b1);
    receive('one', a1, a2, b1);

    assert.equal(histories.outstanding(), 1);
    assert.deepEqual(histories.violations(), ['room: two missed b/1']);
    receive('two', b1);
    assert.deepEqual(histories.violations(), []);
});

test('whoever leaves must have been given what was sent before', () => {
    const { histories, join, send, receive } = room();
    join('one', 'two');
    send(a1);
    histories.leaving('room', 'two');
    send(a2);
    receive('one', a1, a2);

    assert.equal(histories.isServed('room', 'two'), false);
    assert.deepEqual(histories.violations(), ['room: two missed a/1']);
    receive('two', a1);
    assert.equal(histories.isServed('room', 'two'), true);
    assert.deepEqual(histories.violations(), []);
});

test('a failed publish may come or not', () => {
    for (const comes of [false, true]) {
        const { histories, join, receive } = room();
        join('one');
        histories.sent('room', 'a', 1);
        histories.failed('room', 'a', 1);
        if (comes) receive('one', a1);
        assert.deepEqual(histories.violations(), []);
    }
});

test('what was forgotten may not come again', () => {
    const { histories, join, send, receive } = room();
    join('one');
    send(a1);
    receive('one', a1);
    histories.forget();
    histories.forget();
    assert.deepEqual(histories.violations(), []);

    receive('one', a1);
    assert.match(histories.violations().join(), /one received a\/1, which nobody sent/);
});

test('a message delivered twice is found', () => {
    assert.match(judged([a1, b1, b1, a2], [a1, b1, a2]).join(), /one received b\/1 twice/);
});

test("a break of the publisher's order is found", () => {
    assert.match(judged([a2, b1, a1], [a2, b1, a1]).join(), /one received a\/1 after a\/2/);
});

test('two subscribers that disagree on the order are found', () => {
    assert.match(judged([a1, b1, a2], [b1, a1, a2]).join(), /two and one disagree/);
});

test('a message that nobody sent is found', () => {
    assert.match(judged([a1, b1, a2, ['c', 1]], [a1, b1, a2]).join(), /c\/1, which nobody sent/);
});

test('a message that was not answered may be missing', () => {
    const histories = new Histories();
    histories.subscribed('room', 'one');
    histories.sent('room', 'a', 1);

    assert.equal(histories.outstanding(), 0);
    assert.deepEqual(histories.violations(), []);
});

test('what not everybody has is not forgotten', () => {
    const { histories, join, send, receive } = room();
    join('one', 'two');
    send(a1, b1, a2);
    receive('one', a1, b1, a2);
    receive('two', a1, a2);
    histories.forget();
    histories.forget();

    assert.deepEqual(histories.violations({ underWay: true }), []);
    assert.deepEqual(histories.violations(), ['room: two missed b/1']);
    receive('two', a2);
    assert.match(histories.violations().join(), /two received a\/2 twice/);
});

test("the publisher's order holds across what was forgotten", () => {
    const { histories, join, send, receive } = room();
    join('one', 'two');
    send(a1, a2);
    receive('one', a1, a2);
    receive('two', a2);
    histories.forget();
    histories.forget();
    receive('two', a1);

    assert.match(histories.violations().join(), /two received a\/1 after a\/2/);
});

test('a late delivery to somebody new of what all others have is no fault', () => {
    const { histories, join, send, receive } = room();
    join('one');
    send(a1);
    receive('one', a1);
    histories.forget();
    join('two');
    receive('two', a1);

    assert.deepEqual(histories.violations(), []);
});
