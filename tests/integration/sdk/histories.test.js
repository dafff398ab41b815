// The judge itself must be able to say no.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Histories } from './histories.js';

/** Two messages of a, one of b, all answered; `one` and `two` received what is given. */
function judged(one, two, mayMiss) {
    const histories = new Histories();
    for (const subscriber of ['one', 'two']) histories.subscribed('room', subscriber);
    for (const [publisher, number] of [['a', 1], ['a', 2], ['b', 1]]) {
        histories.sent('room', publisher, number);
        histories.answered('room', publisher, number);
    }
    for (const [subscriber, names] of [['one', one], ['two', two]]) {
        for (const [publisher, number] of names) histories.received('room', subscriber, publisher, number);
    }
    return histories.violations(mayMiss);
}

const a1 = ['a', 1];
const a2 = ['a', 2];
const b1 = ['b', 1];

test('histories without a fault are accepted', () => {
    assert.deepEqual(judged([a1, b1, a2], [a1, b1, a2]), []);
});

test('a missing message is found, unless it may be missing', () => {
    assert.match(judged([a1, b1, a2], [a1, b1]).join(), /two missed a\/2/);
    assert.deepEqual(judged([a1, b1, a2], [a1, b1], () => true), []);
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
