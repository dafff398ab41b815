// What the handoff is made of, left out or bent one piece at a time. Each mutant is
//   name, breaks        what is wrong with it
//   rule                what is broken, by the name it has in README.md
//   file, text, instead `text` stands in `file` exactly once
//   seeds               when it takes others than the run has, to be noticed
//   ci                  it is one of those that the ordinary test run compiles

import { mutants as publishing } from './publishing.mjs';
import { mutants as subscribing } from './subscribing.mjs';
import { mutants as coordinating } from './coordinating.mjs';
import { mutants as removals } from './removals.mjs';
import { mutants as expectations } from './expectations.mjs';

export const mutants = [...publishing, ...subscribing, ...coordinating, ...removals, ...expectations];
